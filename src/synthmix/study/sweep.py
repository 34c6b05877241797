"""A study from its plan to its report: launches what the store does not have, whatever was done before."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthmix.config.composing import parse
from synthmix.config.flat import flatten
from synthmix.config.plain import to_plain
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish, tell
from synthmix.study.combination import combination_id
from synthmix.study.job import OUTCOME_FILE, Outcome, read_outcomes, run_job
from synthmix.study.launch import launch
from synthmix.study.plan import Plan, PlannedCell
from synthmix.study.progress import progress_bar
from synthmix.study.project import Projection
from synthmix.study.record import Asked, Record, Studies, asked_of
from synthmix.study.study_record import study_head
from synthmix.tracking.base import OpenRun
from synthmix.tracking.environment import environment_tags, environment_text
from synthmix.verbs.run_arguments import quoted

LAUNCHER_ERROR = "launcher_error.txt"
Asking = dict[str, tuple[PlannedCell, Asked]]  # by combination


def ask(cells: Iterable[PlannedCell], resources: Resources) -> Asking:
    """Finds the keys of cells. Loads the data sets, so that a missing or damaged file is found before a cell starts."""
    by_combination: Asking = {}
    for cell in cells:
        asked = asked_of(resources.dependencies(cell.config))
        by_combination[combination_id(asked.config)] = cell, asked
    return by_combination


def missing(asking: Asking, resources: Resources) -> list[tuple[PlannedCell, Asked]]:
    """The cells to compute, each once; one for each missing generator first, so that workers train at once."""
    by_key: dict[str, tuple[PlannedCell, Asked]] = {}
    for cell, asked in asking.values():
        by_key.setdefault(asked.key, (cell, asked))
    todo = [pair for key, pair in by_key.items() if not pair[1].keys.are_in(resources.store)]
    first: list[tuple[PlannedCell, Asked]] = []
    rest: list[tuple[PlannedCell, Asked]] = []
    begun: set[str] = set()
    for cell, asked in todo:
        key = asked.generator_key
        leads = key is not None and key not in begun and not resources.store.has("generator", key)
        (first if leads else rest).append((cell, asked))
        begun |= {key} if key else set()
    return first + sorted(rest, key=lambda pair: int(pair[1].config["seed"]))  # so that workers find splits in memory


def run_study(plan: Plan, words: Sequence[str], resources: Resources) -> int:
    """Runs what is missing of a study; returns the exit code.

    Raises:
        InvalidInput: before anything is started.
    """
    name = plan.study
    cells, curve = ask(plan.cells, resources), ask(plan.curve, resources)
    resources.tracker.check()
    studies = Studies(resources.store.root)
    with studies.only_one(name):
        record = studies.read(name)
        command = shlex.join(["synthmix", "run", *words])
        own = _own(resources, name)
        record.ask(_asked(cells, own), _asked(distinct(curve), own), command, to_plain(plan.configs[0].study))
        folder = sweep_folder(plan, name)
        _describe(record, plan, resources)
        record.report = str(folder / "report")
        record.write(studies.file(name))
        with resources.tracker.open_study(study_head(record)) as parent:
            resources.tracker.close_left_running(name)
            todo, errors = missing(cells | curve, resources), dict[str, str]()
            if not todo:
                print(f"nothing to compute: every cell of study {name} is stored", file=sys.stderr)
            else:
                attempt = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
                stored = len({asked.key for _, asked in (cells | curve).values()}) - len(todo)
                with progress_bar(attempt, jobs=len(todo), stored=stored):
                    broken = _launch(plan, todo, attempt, parent, resources)
                if broken is not None:
                    print(broken, file=sys.stderr)
                    resources.tracker.close_left_running(name)
                errors = job_errors(read_outcomes(attempt), todo)
            record.failures = failures(record, errors, resources)
            record.write(studies.file(name))
            projection = Projection(resources)
            runs = projection.study(record, parent.id)
            projection.complete()
            report = publish(record, resources, runs, Path(record.report), parent, projection.present)
    tell(record, resources, report)
    return int(bool(record.failures))


def _describe(record: Record, plan: Plan, resources: Resources) -> None:
    """Writes down with what and where a study was asked for last."""
    tracker = resources.tracker
    record.tracking = {
        "_target_": plan.configs[0].tracking._target_,
        "uri": tracker.uri,
        "experiment": tracker.experiment,
    }
    record.experiment = record.experiment or plan.experiment
    record.environment = dict(environment_tags())
    record.environment_text = resources.texts.keep(environment_text())
    for config in plan.configs:
        data = resources.dataset(config)
        record.data[data.spec.digest] = {"name": data.spec.name, "shape": list(data.x.shape)}


def sweep_folder(plan: Plan, name: str) -> Path:
    """Where Hydra puts the folders of a study's jobs, and where its report lies."""
    plan.master.tracking.study = name  # conf/hydra/default.yaml names the folder after it
    return Path(plan.master.hydra.sweep.dir).absolute()


def distinct(asking: Asking) -> Asking:
    """Each cell once, though several combinations ask for it."""
    by_key = {asked.key: (combination, cell, asked) for combination, (cell, asked) in reversed(asking.items())}
    return {combination: (cell, asked) for combination, cell, asked in reversed(by_key.values())}


def _asked(asking: Asking, own: Mapping[str, Mapping[str, Any]]) -> dict[str, Asked]:
    """What is asked for, with the settings that its job will have."""
    found = {}
    for combination, (_, asked) in asking.items():
        elsewhere = {key: {**asked.elsewhere.get(key, {}), **settings} for key, settings in own.items()}
        pictures = bool(elsewhere["tracking"].get("pictures"))
        elsewhere["tracking"] = {**elsewhere["tracking"], "pictures": pictures}
        found[combination] = replace(asked, elsewhere={**asked.elsewhere, **elsewhere})
    return found


def _own(resources: Resources, study: str) -> dict[str, dict[str, Any]]:
    """Where the jobs of a study log and keep what they do."""
    return {
        "tracking": {"uri": resources.tracker.uri, "study": study},
        "paths": {"store": str(resources.store.root.absolute())},
    }


def _launch(
    plan: Plan, todo: Sequence[tuple[PlannedCell, Asked]], folder: Path, parent: OpenRun, resources: Resources
) -> str | None:
    """Runs what is missing; returns one line where the launcher broke down, as it does when a worker is killed."""
    own = flatten(_own(resources, plan.study)) | {"tracking.parent_run_id": parent.id}
    values = [f"{key}={'null' if value is None else quoted(value)}" for key, value in own.items()]
    jobs = [[str(o.input_line) for o in parse(cell.overrides) if not o.is_hydra_override()] for cell, _ in todo]
    try:
        launch(jobs, [*plan.fixed, f"hydra.sweep.dir={quoted(str(folder))}"], values, run_job)
    except Exception as error:  # noqa: BLE001  what its jobs have done counts, and the report says what is missing
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LAUNCHER_ERROR).write_text(traceback.format_exc())
        reason = next(iter(str(error).splitlines()), "")
        return f"the launcher broke down: {type(error).__name__}: {reason} ({folder / LAUNCHER_ERROR})"
    return None


def job_errors(outcomes: Sequence[Outcome], todo: Sequence[tuple[PlannedCell, Asked]]) -> dict[str, str]:
    """One line for each cell, by its key, that a launch has left without a result."""
    errors = {asked.key: f"its job has left no {OUTCOME_FILE}" for _, asked in todo}
    for outcome in outcomes:
        if outcome.key is not None:
            errors[outcome.key] = outcome.error or outcome.status
    return errors


def failures(record: Record, errors: Mapping[str, str], resources: Resources) -> dict[str, str]:
    """One line for each combination that failed, now or before, and has no result yet."""
    known = record.cells | record.curve
    told = {key: errors.get(asked.key, record.failures.get(key)) for key, asked in known.items()}
    return {key: error for key, error in told.items() if error and not known[key].keys.are_in(resources.store)}
