"""The job of one cell: opens its run, computes it, stores the result and writes the outcome."""

from __future__ import annotations

import json
import os
import traceback
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from threadpoolctl import threadpool_limits

from synthmix.cell import run_cell
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.flat import flatten
from synthmix.config.plain import to_plain
from synthmix.config.sections.tracking import make_tracker
from synthmix.disk import is_disk_fault
from synthmix.errors import GateStarved, InvalidInput, TrainingDiverged, Unavailable
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import CellResult, as_tensors, result_of
from synthmix.pipeline.stages import COMPUTED, Stages
from synthmix.secrets import masked
from synthmix.stages.attempts import KilledAgain
from synthmix.stages.store import Entry
from synthmix.study.asked import Asked, asked_of
from synthmix.study.cell_record import alarm_tags, cell_head, cell_record
from synthmix.study.combination import asked_for
from synthmix.study.launching.gpu import use_one_gpu
from synthmix.study.pictures import log_pictures
from synthmix.tracking.base import OpenRun
from synthmix.tracking.environment import environment_tags, environment_text

OUTCOME_FILE = "outcome.json"


@dataclass
class Outcome:
    """The outcome of one job.

    Attributes:
        status: finished, unavailable (more points asked for than there are), failed, or invalid (a fault in the input).
        config: the flattened config.
        key: of the cell; None where it could not be found.
        metrics: by their MLflow names; empty unless finished.
        alarms: those that the generator raises, each with its reasons.
        run_id: of its run; None where it was not logged.
        reused_from: the run that computed the same cell, where this one did not.
        error: one line, where there is no result.
        traceback: of an unexpected failure.
    """

    status: str
    config: dict[str, Any]
    key: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None
    reused_from: str | None = None
    error: str | None = None
    traceback: str | None = None


@cache
def process_resources(target: str, uri: str | None, experiment: str, store: str) -> Resources:
    """The resources of this process. A launcher may start several; they share the store."""
    return Resources.at(make_tracker(target, uri, experiment), Path(store))


def resources_of(config: CellConfig) -> Resources:
    """Those that a cell asks for."""
    tracking = config.tracking
    store = str(Path(config.paths.store).absolute())
    return process_resources(tracking._target_, tracking.uri, tracking.experiment, store)


def run_job(composed: DictConfig) -> Outcome:
    """Runs the cell that Hydra has composed; writes `outcome.json` to its output folder. Raises only on a signal."""
    return run_one(from_plain(composed), Path(HydraConfig.get().runtime.output_dir))


def run_one(config: CellConfig, folder: Path) -> Outcome:
    """Runs one cell and writes `outcome.json` to `folder`. Raises only on a signal."""
    if config.tracking.pictures is None:
        config = replace(config, tracking=replace(config.tracking, pictures=config.tracking.study is None))
    if config.tracking.study is not None and config.trainer.accelerator != "cpu":
        use_one_gpu(Path(config.paths.store) / "gpus")
    outcome = Outcome("failed", flatten(asked_for(to_plain(config))))
    with threadpool_limits(limits=config.threads):
        torch.set_num_threads(config.threads)
        try:
            _run(config, resources_of(config), outcome)
        except (InvalidInput, TrainingDiverged, GateStarved, KilledAgain) as error:
            outcome.status = "invalid" if isinstance(error, InvalidInput) else "failed"
            outcome.error = masked(str(error))
        except Exception as error:  # noqa: BLE001  the other cells of a study continue; it is reported at the end
            outcome.error = masked(f"{type(error).__name__}: {error}")
            outcome.traceback = None if is_disk_fault(error) else masked(traceback.format_exc())
    _write(outcome, folder)
    return outcome


def _run(config: CellConfig, resources: Resources, outcome: Outcome) -> None:
    asked, part = asked_of(resources.dependencies(config)), config.tracking.part
    outcome.key = asked.key
    with resources.tracker.open(cell_head(asked, part=part), config.tracking.parent_run_id) as run:
        outcome.run_id = run.id
        stages = Stages(config, resources, run)
        entry = _entry(config, stages, run, asked)
        result = _result(stages, asked, resources)
        environment = resources.environment_of(entry.payload)
        run.publish(cell_record(asked, result, environment, part=part, is_own=not entry.reused))
        if stages.training_run is not None and stages.sources.get("quality") == COMPUTED:
            judged = {name: score for name, score in result.metrics.items() if name.startswith("quality/")}
            training = resources.tracker.present_run(stages.training_run)
            if training is not None:  # else the study logs it anew, with its quality
                resources.tracker.add(training, metrics=judged, tags=alarm_tags(result.alarms))
    outcome.status, outcome.error = result.status, result.error
    outcome.metrics, outcome.alarms = result.metrics, result.alarms
    outcome.reused_from = entry.producer if entry.reused else None


def _entry(config: CellConfig, stages: Stages, run: OpenRun, asked: Asked) -> Entry:
    """The cell's stage: from the store, or computed. Pictures are not stored, so who wants them computes again."""
    declared = stages.depends_on.cell

    def compute() -> dict[str, Any]:
        payload: dict[str, Any] = {"status": "finished", "outputs": {}, "numbers": {}, "error": None}
        try:
            cell = run_cell(cast(CellConfig, declared.inputs), stages)
            payload |= {"outputs": as_tensors(cell.outputs), "numbers": cell.numbers}
        except Unavailable as reason:
            payload |= {"status": "unavailable", "error": str(reason)}
        else:
            stages.candidates(cell.splits)
            if config.tracking.pictures:
                fitted = stages.generator(cell.splits).load() if stages.depends_on.is_trained else None
                log_pictures(run, config, cell, stages.number, fitted)
        return payload | {
            "seconds": stages.seconds,
            "sources": stages.sources,
            "tuning": stages.chosen,
            "asked": asdict(asked),
            "environment": dict(environment_tags()),
            "environment_text": stages.resources.texts.keep(environment_text()),
        }

    payload = compute() if config.tracking.pictures else None
    return stages.resources.store.get_or_compute(
        "cell", declared.depends_on, compute if payload is None else lambda: payload, lambda: run.id
    )


def _result(stages: Stages, asked: Asked, resources: Resources) -> CellResult:
    """Outputs with what is derived; quality is computed where the cell was stored before its generator was judged."""
    found = result_of(stages.depends_on, asked.keys, resources)
    if found is None:
        splits = stages.splits()
        stages.quality(splits, stages.generator(splits))
        found = result_of(stages.depends_on, asked.keys, resources)
    assert found is not None
    return found


def _write(outcome: Outcome, folder: Path) -> None:
    """Writes atomically, by a rename, as the progress bar reads concurrently."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{OUTCOME_FILE}"
    draft.write_text(json.dumps(asdict(outcome), indent=1, default=str))
    os.replace(draft, folder / OUTCOME_FILE)


def read_outcomes(folder: Path) -> list[Outcome]:
    """The outcomes of a sweep's jobs, in the order of their numbers."""
    files = sorted(folder.rglob(OUTCOME_FILE), key=lambda file: [(len(part), part) for part in file.parts])
    return [Outcome(**json.loads(file.read_text())) for file in files]
