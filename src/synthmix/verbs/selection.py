"""A report over the cells that a condition selects, whichever study they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthmix.config.plain import to_plain
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig, make_tracker
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import Report, publish
from synthmix.secrets import without_password
from synthmix.study.asked import Asked
from synthmix.study.cell_record import PART, cell_params
from synthmix.study.record import Record, Studies
from synthmix.tracking.base import STUDY, LoggedRun
from synthmix.verbs.condition import outcomes_in, unknown_values, with_stored_numbers


def report_selection(
    condition: str, folder: Path, studies: Studies, formats: Sequence[str]
) -> tuple[Record, Resources, Report]:
    """Writes a report over cells that MLflow finds; it is logged nowhere.

    Of one study they are shown as part of it: family of tests, controls and curve stay those of the study, so that no
    verdict changes with what is looked at. Cells of several studies were never planned together: they are exploratory.
    `formats` are those of the figures.

    Raises:
        InvalidInput: the condition is on an outcome, or it selects nothing, or cells of several tasks.
    """
    found = list(outcomes_in(condition))
    if found:
        raise InvalidInput(
            f"{condition}: {found[0]} is an outcome, and cells chosen by it are no evidence; allowed: what was asked "
            "for, such as params.`model.name`"
        )
    tracking = TrackingConfig()
    tracker = make_tracker(tracking._target_, None, tracking.experiment)
    resources = Resources.at(tracker, studies.root.parent)
    values = _stored_values(studies)
    stored = with_stored_numbers(condition, values)
    logged = [run for run in tracker.select("cell", stored) if run.tags.get(PART, "sweep") == "sweep"]
    names = {run.tags.get(STUDY) for run in logged}
    (name,) = names if len(names) == 1 else (None,)
    if name is not None and name in studies.names():
        record, runs = _of_study(studies.read(name), logged)
        selected = frozenset(runs)
    else:
        record, runs = _of_several(logged, studies, resources, condition)
        selected = None
    if not runs:
        where = f"{without_password(tracker.uri or '')} whose result is in {resources.store.root}"
        raise InvalidInput("; ".join([f"{condition}: selects no cell in {where}", *unknown_values(stored, values)]))
    tasks = record.tasks
    if len(tasks) > 1:
        raise InvalidInput(f"{condition}: selects cells of several tasks ({', '.join(tasks)}); choose one by task.name")
    exploratory = selected is None
    report = publish(record, resources, runs, folder, None, selected=selected, exploratory=exploratory, formats=formats)
    return record, resources, report


def _stored_values(studies: Studies) -> dict[str, set[str]]:
    """The texts that each parameter of the studies' cells has in MLflow."""
    found: dict[str, set[str]] = {}
    for name in studies.names():
        for asked in studies.read(name).cells.values():
            for key, value in cell_params(asked).items():
                found.setdefault(key, set()).add(str(value))
    return found


def _of_study(record: Record, logged: Sequence[LoggedRun]) -> tuple[Record, dict[str, str]]:
    """The whole study, and the runs of the cells that were selected of it."""
    runs = {run.tags["synthmix.combination"]: run.id for run in logged}
    return record, {combination: run for combination, run in runs.items() if combination in record.cells}


def _of_several(
    logged: Sequence[LoggedRun], studies: Studies, resources: Resources, condition: str
) -> tuple[Record, dict[str, str]]:
    """The selected cells as if they were a study."""
    known: dict[str, Asked] = {}
    for name in studies.names():
        known |= studies.read(name).cells
    record = Record("selection", commands=[f"synthmix report {condition!r}"], settings=to_plain(StudyConfig()))
    runs: dict[str, str] = {}
    for run in logged:
        combination, key = run.tags["synthmix.combination"], run.tags["synthmix.cell_key"]
        entry = resources.store.find("cell", key)
        if entry is not None:
            record.cells[combination] = known.get(combination) or Asked(**entry.payload["asked"])
            runs[combination] = run.id
    return record, runs
