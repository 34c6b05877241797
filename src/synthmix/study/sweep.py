"""Runs a study: finds the cells of its plan that the store lacks, and launches them."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthmix.config.cell import CellConfig
from synthmix.config.composing.grammar import parse
from synthmix.config.flat import flatten
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import Keys
from synthmix.secrets import masked, without_password
from synthmix.stages.lost import lost
from synthmix.stages.store import Store
from synthmix.study.added import PlannedCell
from synthmix.study.arguments import quoted
from synthmix.study.asked import Asked, asked_of
from synthmix.study.combination import combination_id
from synthmix.study.launching.blocks import Todo, blocks_of, run_block, write_blocks
from synthmix.study.launching.job import OUTCOME_FILE, Outcome
from synthmix.study.launching.launch import launch
from synthmix.study.launching.launchers import workers
from synthmix.study.plan import Plan
from synthmix.study.record import Record
from synthmix.tracking.base import OpenRun
from synthmix.tracking.environment import environment_tags, environment_text

LAUNCHER_ERROR = "launcher_error.txt"
Asking = dict[str, tuple[PlannedCell, Asked]]  # by combination


def ask(cells: Iterable[PlannedCell], resources: Resources) -> Asking:
    """Finds the keys of cells.

    Loads the data sets, so that a missing or damaged file is found before a cell starts, and cuts them where labels say
    what train is made of, so that too few points of a kind are.
    """
    by_combination: Asking = {}
    cut: set[tuple[str, int]] = set()
    for cell in cells:
        data = f"{cell.config.data} {cell.config.anomaly_protocol}", cell.config.seed
        if cell.config.anomaly_protocol is not None and data not in cut:
            resources.splits(cell.config)
            cut.add(data)
        asked = asked_of(resources.dependencies(cell.config))
        by_combination[combination_id(asked.config)] = cell, asked
    return by_combination


def missing(asking: Asking, resources: Resources) -> list[Todo]:
    """The cells to compute, each once; one for each missing generator first, so that workers train at once."""
    by_keys: dict[Keys, Todo] = {}
    for cell, asked in asking.values():
        by_keys.setdefault(asked.keys, (cell, asked))
    todo = [pair for keys, pair in by_keys.items() if not keys.are_in(resources.store)]
    first: list[Todo] = []
    rest: list[Todo] = []
    begun: set[str] = set()
    for cell, asked in todo:
        key = asked.generator_key
        leads = key is not None and key not in begun and not resources.store.has("generator", key)
        (first if leads else rest).append((cell, asked))
        begun |= {key} if key else set()
    return first + sorted(rest, key=lambda pair: int(pair[1].config["seed"]))  # so that workers find splits in memory


def next_launch(pending: Sequence[Todo], store: Store) -> list[Todo]:
    """The cells to launch together; those in whose stages a process was killed come last, one by one.

    With a killed worker its launcher may end others, whose cells are not to blame; alone they come to their end.
    """
    known = lost(store.root)
    if not known:
        return list(pending)
    suspects = {asked.key for _, asked in pending if not known.keys().isdisjoint(asked.stage_keys())}
    others = [pair for pair in pending if pair[1].key not in suspects]
    return others or list(pending[:1])


def describe(record: Record, plan: Plan, resources: Resources) -> None:
    """Writes down with what and where a study was asked for last."""
    tracker = resources.tracker
    record.tracking = {
        "_target_": plan.configs[0].tracking._target_,
        "uri": tracker.uri and without_password(tracker.uri),
        "experiment": tracker.experiment,
    }
    record.experiment = record.experiment or plan.experiment
    record.environment = dict(environment_tags())
    record.environment_text = resources.texts.keep(environment_text())
    for config in plan.configs:
        for data in filter(None, (resources.dataset(config), resources.test_set(config))):
            record.data[data.spec.digest] = {"name": data.spec.name, "shape": list(data.x.shape)}


def sweep_folder(plan: Plan, name: str) -> Path:
    """Where Hydra puts the folders of a study's jobs, and where its report lies."""
    plan.master.tracking.study = name  # conf/hydra/default.yaml names the folder after it
    return Path(plan.master.hydra.sweep.dir).absolute()


def distinct(asking: Asking) -> Asking:
    """Each cell once, though several combinations ask for it."""
    by_key = {asked.key: (combination, cell, asked) for combination, (cell, asked) in reversed(asking.items())}
    return {combination: (cell, asked) for combination, cell, asked in reversed(by_key.values())}


def settled(asking: Asking, own: Mapping[str, Mapping[str, Any]]) -> dict[str, Asked]:
    """What is asked for, with the settings that its job will have."""
    found = {}
    for combination, (_, asked) in asking.items():
        elsewhere = {key: {**asked.elsewhere.get(key, {}), **settings} for key, settings in own.items()}
        pictures = bool(elsewhere["tracking"].get("pictures"))
        elsewhere["tracking"] = {**elsewhere["tracking"], "pictures": pictures}
        found[combination] = replace(asked, elsewhere={**asked.elsewhere, **elsewhere})
    return found


def own_settings(resources: Resources, study: str) -> dict[str, dict[str, Any]]:
    """Where the jobs of a study log and keep what they do; a password they have from the environment."""
    uri = resources.tracker.uri
    return {
        "tracking": {"uri": uri and without_password(uri), "study": study},
        "paths": {"store": str(resources.store.root.absolute())},
    }


def launch_blocks(plan: Plan, todo: Sequence[Todo], folder: Path, parent: OpenRun, resources: Resources) -> str | None:
    """Runs what is missing; returns one line where the launcher broke down, as it does when a worker is killed."""
    settings = own_settings(resources, plan.study)
    own = flatten(settings) | {"tracking.parent_run_id": parent.id}
    values = [f"{key}={'null' if value is None else quoted(value)}" for key, value in own.items()]
    config = plan.configs[0]
    blocks = blocks_of(todo, config.study.block, workers(plan.master.hydra.launcher, config.threads))
    write_blocks([[_in_study(cell.config, settings, parent.id) for cell, _ in block] for block in blocks], folder)
    # A job is composed as its first cell: Hydra names and records it after that.
    firsts = [block[0][0].overrides for block in blocks]
    jobs = [[str(o.input_line) for o in parse(overrides) if not o.is_hydra_override()] for overrides in firsts]
    try:
        launch(jobs, [*plan.fixed, f"hydra.sweep.dir={quoted(str(folder))}"], values, run_block)
    except Exception as error:  # noqa: BLE001  what its jobs have done counts, and the report says what is missing
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LAUNCHER_ERROR).write_text(masked(traceback.format_exc()))
        reason = masked(next(iter(str(error).splitlines()), ""))
        return f"the launcher broke down: {type(error).__name__}: {reason} ({folder / LAUNCHER_ERROR})"
    return None


def _in_study(config: CellConfig, settings: Mapping[str, Mapping[str, Any]], parent: str | None) -> CellConfig:
    """A cell's config with where its study logs and keeps what it does."""
    tracking = replace(config.tracking, **settings["tracking"], parent_run_id=parent)
    return replace(config, tracking=tracking, paths=replace(config.paths, **settings["paths"]))


def job_errors(outcomes: Sequence[Outcome], todo: Sequence[Todo]) -> dict[str, str]:
    """One line for each cell, by its key, that a launch has left without a result."""
    errors = {asked.key: f"its job has left no {OUTCOME_FILE}" for _, asked in todo}
    for outcome in outcomes:
        if outcome.key is not None:
            errors[outcome.key] = outcome.error or outcome.status
    return errors


def failures(record: Record, errors: Mapping[str, str], resources: Resources) -> dict[str, str]:
    """One line for each combination that failed, now or before, and has no result yet."""
    known = record.all_cells
    found = {key: errors.get(asked.key, record.failures.get(key)) for key, asked in known.items()}
    return {key: error for key, error in found.items() if error and not known[key].keys.are_in(resources.store)}
