"""A report over the cells that a condition selects, whichever study they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from synthmix.config.plain import to_plain
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig, make_tracker
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import Report, publish
from synthmix.secrets import without_password
from synthmix.study.asked import Asked
from synthmix.study.cell_record import PART
from synthmix.study.record import Record, Studies
from synthmix.tracking.base import STUDY, LoggedRun

# What MLflow calls the parts of a run, and what a name in a condition is of where it names none.
ENTITIES = {
    **dict.fromkeys(("metric", "metrics"), "metrics"),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "params"),
    **dict.fromkeys(("tag", "tags"), "tags"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attributes"),
}
NAME = r"`[^`]*`|\"[^\"]*\"|[\w./-]+"
# A name stands before a comparison, so that none is found in the texts that are compared with.
COMPARISON = re.compile(rf"(?:(\w+)\s*\.\s*)?({NAME})\s*(?:[=<>!]|(?:NOT\s+)?(?:I?LIKE|IN)\b|IS\b)", re.IGNORECASE)
TEXTS = re.compile(r"'[^']*'|(?<!\.)\"[^\"]*\"")
OUTCOMES = {
    "metrics": (".*",),
    "attributes": ("status", "end_time"),
    "tags": (r"synthmix\.alarm\..*", r"synthmix\.unavailable", r"synthmix\.exception", r"mlflow\.note\.content"),
    "params": (r"tuned\..*", r"tuning\.criterion"),
}


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
    logged = [run for run in tracker.select("cell", condition) if run.tags.get(PART, "sweep") == "sweep"]
    names = {run.tags.get(STUDY) for run in logged}
    (name,) = names if len(names) == 1 else (None,)
    if name is not None and name in studies.names():
        record, runs = _of_study(studies.read(name), logged)
        selected = frozenset(runs)
    else:
        record, runs = _of_several(logged, studies, resources, condition)
        selected = None
    if not runs:
        raise InvalidInput(
            f"{condition}: selects no cell in {without_password(tracker.uri or '')} "
            f"whose result is in {resources.store.root}"
        )
    tasks = record.tasks
    if len(tasks) > 1:
        raise InvalidInput(f"{condition}: selects cells of several tasks ({', '.join(tasks)}); choose one by task.name")
    exploratory = selected is None
    report = publish(record, resources, runs, folder, None, selected=selected, exploratory=exploratory, formats=formats)
    return record, resources, report


def outcomes_in(condition: str) -> Iterator[str]:
    """The outcomes that a condition of MLflow compares, as it names them.

    Example:
        >>> list(outcomes_in("params.seed = '1' and metrics.`cluster/ari` > 0.5"))
        ['metrics.cluster/ari']
    """
    for entity, name in COMPARISON.findall(TEXTS.sub("''", condition)):
        kind, bare = ENTITIES.get(entity.lower(), entity.lower()) if entity else "attributes", name.strip('`"')
        if any(re.fullmatch(pattern, bare) for pattern in OUTCOMES.get(kind, ())):
            yield f"{kind}.{bare}"


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
