"""The end of a command: prints results, writes the report and logs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.collect import collect
from synthmix.analysis.result import StudyResult
from synthmix.config.cell import LEARNERS
from synthmix.config.task import TaskConfig
from synthmix.pipeline.resources import Resources
from synthmix.report.cell_text import cell_text
from synthmix.report.displayed import displayed
from synthmix.report.files import FORMATS, write_report
from synthmix.report.samples import samples_of
from synthmix.report.study_run import arm_records, study_record
from synthmix.report.terminal import table_text
from synthmix.secrets import without_password
from synthmix.study.answers import answers_of
from synthmix.study.launching.job import Outcome
from synthmix.study.record import Record, Studies
from synthmix.tracking.base import OpenRun, Tracker

PRINTED_KEYS = ("data.name", "data.n_train", "model.name", "mix.ratio", "representation.name")
UNLOGGED = "nothing was logged: tracking=none"


@dataclass(frozen=True)
class Report:
    """A report that was written: what it says, its folder, and the address of its curves."""

    result: StudyResult
    analysis: Analysis
    folder: Path
    chart: str | None


def print_cell(outcome: Outcome, task: TaskConfig, tracker: Tracker, *, everything: bool = False) -> None:
    """Scores and quality of one cell, all of them on request."""
    if outcome.error:
        print(f"{outcome.status}: {outcome.error}", file=sys.stderr)
    if outcome.traceback:
        print(outcome.traceback, file=sys.stderr)
    if outcome.metrics:
        learners = (f"{group}.name" for group in LEARNERS if f"{group}.name" in outcome.config)
        print(" ".join(f"{key}={outcome.config[key]}" for key in (*PRINTED_KEYS, *learners, "seed")))
        print(cell_text(outcome.metrics, task, everything=everything))
    for name, reasons in outcome.alarms.items():
        print(f"alarm {name}: {reasons}")
    if outcome.reused_from:
        print(f"reused from run {outcome.reused_from}")
    if tracker.uri is None:
        print(UNLOGGED)
    else:
        print(f"MLflow run {outcome.run_id} in {without_password(tracker.uri)}" if outcome.run_id else tracker.outage)
        print(f"to look at it: {tracker.ui_command()}")


def tell(record: Record, resources: Resources, report: Report) -> None:
    """Prints a study's table and where everything is; after its run has been closed, for a pipe may be closed too."""
    print(table_text(report.analysis))
    for failure in report.result.failures:
        print(f"failed: {failure.cell}: {failure.error}")
    for line in filter(None, [*report.result.notes, resources.tracker.outage]):
        print(line)
    print(f"report: {os.path.relpath(report.folder / 'index.html')}")
    ui = resources.tracker.ui_command()
    print(f"study {record.name}; {UNLOGGED if ui is None else f'MLflow: {ui}'}")
    if report.chart is not None:
        print(f"its curves, once the UI is open: {report.chart}")


def publish(
    record: Record,
    resources: Resources,
    runs: Mapping[str, str],
    folder: Path,
    parent: OpenRun | None,
    present: Callable[[str], str | None] = lambda source: source,
    *,
    selected: Collection[str] | None = None,
    exploratory: bool = False,
    formats: Sequence[str] = FORMATS[:1],
) -> Report:
    """Writes a study's report, and logs it to its run where there is one, and its arms below.

    Args:
        record: what was asked for.
        resources: the store and the tracker.
        runs: the run of each combination.
        folder: where the report is written.
        parent: the run of the study.
        present: gives the run that stands now for one that a result names.
        selected: the combinations to display; None for all.
        exploratory: whether the cells are of several studies.
        formats: of the figures, of `files.FORMATS`.
    """
    result = collect(record, resources, runs, present, selected=selected, exploratory=exploratory)
    analysis = displayed(analyse(result), result)
    people = answers_of(Studies(resources.store.root).file(record.name).parent)
    files = write_report(result, analysis, folder, formats, samples_of(record, result, resources), people)
    if parent is None or parent.id is None:
        return Report(result, analysis, folder, None)
    environment = resources.environment_of({"environment_text": record.environment_text})
    parent.publish(study_record(record, result, analysis, environment, files, folder))
    resources.tracker.publish_arms(record.name, arm_records(result, analysis, people), parent.id)
    return Report(result, analysis, folder, resources.tracker.chart(record.name))
