"""The verb `rerun`: a finished cell computed once more from what its run has recorded, and compared."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from synthmix.config.cell import CellConfig
from synthmix.config.sections.tracking import TrackingConfig, make_tracker
from synthmix.errors import InvalidInput
from synthmix.recompute.comparing import Value, tolerance_of, values
from synthmix.recompute.environment import described, differences, other_distributions
from synthmix.recompute.foreign import read_config
from synthmix.recompute.own_store import OwnStore, Recomputed
from synthmix.tracking.base import KIND, Recorded
from synthmix.tracking.environment import environment_text
from synthmix.verbs.parser import VerbParser

NO_SCORE = ("time/", "train/", "tuned/", "tuning/")  # what stands beside scores
MOST_SHOWN = 10  # scores that differ, a line each


def rerun(words: Sequence[str]) -> int:
    """Recomputes a cell; returns the exit code, 1 where it does not come to what was recorded.

    Raises:
        InvalidInput: no such run, none of a finished cell, one whose config is none of today's, or another data set.
    """
    parser = VerbParser("rerun", "Computes a finished cell once more, from what its run has recorded, and compares.")
    parser.add_argument("run", metavar="RUN_ID", help="an MLflow run of a cell; last: the newest")
    parser.add_argument("--data", metavar="PATH", help="where the data lies here, in place of data.path or data.root")
    given = parser.read(words)
    tracking = TrackingConfig()
    recorded = make_tracker(tracking._target_, None, tracking.experiment).recorded(given.run)
    _check_run(recorded)
    with TemporaryDirectory(prefix="synthmix-rerun-") as folder:
        own = OwnStore(Path(folder), given.data)
        config = own.config(read_config(recorded.texts["config.yaml"], f"run {recorded.id}: config.yaml"))
        digest, here = recorded.tags.get("synthmix.data_digest"), own.asked(config).digest
        if digest != here:
            raise InvalidInput(f"run {recorded.id}: its data has the digest {digest}; the data here has {here}")
        start = time.perf_counter()
        found = own.compute(config)
        seconds = time.perf_counter() - start
    print(f"run {recorded.id}: {recorded.name}")
    print(f"computed once more in {seconds:.1f} s, in a store of its own")
    return _told(recorded, config, found)


def _check_run(recorded: Recorded) -> None:
    """Raises InvalidInput where a run is none that can be computed once more."""
    kind = recorded.tags.get(KIND)
    if kind != "cell":
        what = f"is one of kind {kind}" if kind else "is none of synthmix's"
        raise InvalidInput(f"run {recorded.id}: {what}; name the run of a cell (synthmix.kind=cell)")
    if recorded.status != "FINISHED":
        raise InvalidInput(f"run {recorded.id}: is {recorded.status}; must be FINISHED")


def _told(recorded: Recorded, config: CellConfig, found: Recomputed) -> int:
    """Prints what differs; returns the exit code."""
    with threadpool_limits(limits=config.threads):
        torch.set_num_threads(config.threads)
        lines = differences(
            recorded.tags,
            key=recorded.tags.get("synthmix.cell_key"),
            key_here=found.asked.key,
            threads=config.threads,
            threads_here=torch.get_num_threads(),
            accelerator=config.trainer.accelerator,
        )
    status = "unavailable" if "synthmix.unavailable" in recorded.tags else "finished"
    if found.status != status:
        reason = f" ({found.error})" if found.error else ""
        print("\n".join([*lines, f"status: {status} was recorded, {found.status}{reason} here"]))
        return 1
    scores = list(values(_scores(recorded.metrics), _scores(found.values)))
    other = [value for value in scores if not value.is_equal]
    if not lines:
        print(f"same data, code, versions, threads and processor ({described()}): equal bit for bit, or it is wrong")
    for line in lines:
        print(f"another environment: {line}")
    print(f"{len(scores) - len(other)} of {len(scores)} scores are equal bit for bit")
    for value in other[:MOST_SHOWN]:
        print(value)
    if not other:
        return 0
    if len(other) > MOST_SHOWN:
        print(f"and {len(other) - MOST_SHOWN} more")
    distributions = other_distributions(recorded.texts["environment.txt"], environment_text())
    if distributions:
        print(f"other distributions that differ: {', '.join(distributions)}")
    return _within(config, found, scores) if lines else 1


def _within(config: CellConfig, found: Recomputed, scores: Sequence[Value]) -> int:
    """Prints whether the primary score lies within what another environment may change; returns the exit code."""
    names = [f"{config.task.prefix}/{name}" for name in config.task.primary]
    by_name = {value.name: value for value in scores if value.recorded is not None}
    primary = next((by_name[name] for name in names if name in by_name), None)
    if primary is None:
        print("no primary score was recorded; nothing to judge by")
        return 1
    tolerance = tolerance_of(config, found.asked.depends_on().n_synthetic)
    holds = primary.is_within(tolerance)
    what = f"{tolerance:g} of max(1, |{primary.name}|), the tolerance for another environment"
    print(f"{primary.name}: {'within' if holds else 'NOT within'} {what}")
    return int(not holds)


def _scores(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that a cell is judged by."""
    return {
        name: value
        for name, value in metrics.items()
        if not name.startswith(NO_SCORE) and isinstance(value, int | float)
    }
