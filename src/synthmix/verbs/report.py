"""The verb `report`: the tables, figures and page of a study that was run before."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from synthmix.config.plain import to_plain
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig, make_tracker
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish, tell
from synthmix.study.project import Projection
from synthmix.study.record import Asked, Record, Studies
from synthmix.study.study_record import study_head
from synthmix.verbs.parser import VerbParser, store_folder


def report(words: Sequence[str]) -> int:
    """Writes a report again; returns the exit code.

    Raises:
        InvalidInput: no such study, or no run that the filter selects.
    """
    parser = VerbParser("report", "Writes a study's tables, figures and page.")
    parser.add_argument("study", metavar="STUDY", help="a study's name or its beginning, last, or a filter of MLflow")
    parser.add_argument("--out", metavar="DIR", help="where to; multirun/STUDY/report otherwise")
    parser.add_store()
    given = parser.read(words)
    root = store_folder(given.store)
    studies = Studies(root)
    if any(sign in given.study for sign in "=<>"):
        return _report_selection(given.study, given, studies)
    record = studies.read(find_study(given.study, studies))
    tracking = record.tracking
    tracker = make_tracker(tracking["_target_"], tracking["uri"], tracking["experiment"])
    resources = Resources.at(tracker, root)
    folder = Path(given.out or record.report)
    with tracker.open_study(study_head(record)) as parent:
        projection = Projection(resources)
        runs = projection.study(record, parent.id)
        projection.complete()
        written = publish(record, resources, runs, folder, parent, projection.present)
    tell(record, resources, written)
    return 0


def find_study(name: str, studies: Studies) -> str:
    """The study of this name or the only one with this beginning; `last` is the one that was asked for last.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    names = studies.names()
    if not names:
        raise InvalidInput(f"{name}: there is no study in {studies.root.parent}; run one with synthmix run -m")
    if name == "last":
        return names[-1]
    found = [name] if name in names else [known for known in names if known.startswith(name)]
    if len(found) != 1:
        what = "no such study" if not found else "more than one study"
        raise InvalidInput(f"{name}: {what}; allowed: last, {', '.join(found or names)}")
    return found[0]


def _report_selection(condition: str, given: argparse.Namespace, studies: Studies) -> int:
    """A report over the cells that MLflow finds, whichever study they are of; it is logged nowhere."""
    tracking = TrackingConfig()
    tracker = make_tracker(tracking._target_, None, tracking.experiment)
    resources = Resources.at(tracker, studies.root.parent)
    known: dict[str, Asked] = {}
    for name in studies.names():
        known |= studies.read(name).cells
    record = Record("selection", commands=[f"synthmix report {condition!r}"], settings=to_plain(StudyConfig()))
    runs: dict[str, str] = {}
    for run in tracker.select("cell", condition):
        combination, key = run.tags["synthmix.combination"], run.tags["synthmix.cell_key"]
        entry = resources.store.find("cell", key)
        if entry is not None:
            record.cells[combination] = known.get(combination) or Asked(**entry.payload["asked"])
            runs[combination] = run.id
    if not runs:
        raise InvalidInput(f"{condition}: selects no cell in {tracker.uri} whose result is in {resources.store.root}")
    tasks = record.tasks
    if len(tasks) > 1:
        raise InvalidInput(f"{condition}: selects cells of several tasks ({', '.join(tasks)}); choose one by task.name")
    tell(record, resources, publish(record, resources, runs, Path(given.out or "report"), None))
    return 0
