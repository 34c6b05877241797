"""What a command ends with: a short table, the path of the report, and how to open the UI."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.collect import collect
from synthmix.analysis.result import StudyResult
from synthmix.pipeline.resources import Resources
from synthmix.report.files import write_report
from synthmix.report.terminal import table_text
from synthmix.study.job import Outcome
from synthmix.study.record import Record
from synthmix.tracking.mlflow.run import Run
from synthmix.tracking.mlflow.tracker import Tracker
from synthmix.tracking.mlflow.view import save_ratio_view
from synthmix.tracking.uri import shown

SHOWN = ["data.name", "data.n_train", "model.name", "mix.ratio", "representation.name", "clusterer.name", "seed"]


@dataclass(frozen=True)
class Report:
    """A report that was written: what it says, its folder, and the path of the study's chart in the MLflow UI."""

    result: StudyResult
    analysis: Analysis
    folder: Path
    chart: str | None


def print_cell(outcome: Outcome, tracker: Tracker) -> None:
    """Scores and quality of one cell."""
    if outcome.error:
        print(f"{outcome.status}: {outcome.error}", file=sys.stderr)
    if outcome.traceback:
        print(outcome.traceback, file=sys.stderr)
    if outcome.metrics:
        print(" ".join(f"{key}={outcome.config[key]}" for key in SHOWN))
    for name in sorted(outcome.metrics):
        whole = outcome.metrics["cluster/coverage"] == 1
        if not name.startswith("val/") and not (name.endswith("_covered") and whole):
            print(f"  {name:<32} {outcome.metrics[name]:10.4g}")
    for name, reasons in outcome.alarms.items():
        print(f"alarm {name}: {reasons}")
    if outcome.reused_from:
        print(f"reused from run {outcome.reused_from}")
    print(f"MLflow run {outcome.run_id} in {shown(tracker.uri)}" if outcome.run_id else tracker.outage)
    print(f"to look at it: {ui_command(tracker)}")


def ui_command(tracker: Tracker) -> str:
    """What a user types to see the store that was logged to."""
    return f"MLFLOW_TRACKING_URI={shlex.quote(shown(tracker.uri))} synthmix ui"


def tell(record: Record, resources: Resources, report: Report) -> None:
    """Prints a study's table and where everything is; after its run has been closed, for a pipe may be closed too."""
    print(table_text(report.analysis))
    for failure in report.result.failures:
        print(f"failed: {failure.cell}: {failure.error}")
    for line in filter(None, [*report.result.notes, resources.tracker.outage]):
        print(line)
    print(f"report: {os.path.relpath(report.folder / 'index.html')}")
    print(f"study {record.name}; MLflow: {ui_command(resources.tracker)}")
    if report.chart is not None:
        print(f"its cells as a chart, once the UI is open: http://127.0.0.1:5000{report.chart}")


def publish(record: Record, resources: Resources, runs: Mapping[str, str], folder: Path, parent: Run | None) -> Report:
    """Writes a study's report, and logs it to the parent run where there is one."""
    result = collect(record, resources.store, runs, resources.tracker.uri)
    analysis = analyse(result)
    files = write_report(result, analysis, folder)
    if parent is None:
        return Report(result, analysis, folder, None)
    for file in files:
        parent.log_file(file, str(Path("report") / file.parent.relative_to(folder)))
    counts = result.cells["status"].value_counts().to_dict()
    parent.log_metrics({f"study/{status}": count for status, count in counts.items()})
    return Report(result, analysis, folder, save_ratio_view(resources.tracker, record.name, [result.score]))
