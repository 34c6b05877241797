"""What a command ends with: a short table, the path of the report, and how to open the UI."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from synthmix.resources import Resources
from synthmix.study.analysis import Analysis, analyse
from synthmix.study.collect import collect
from synthmix.study.job import Outcome
from synthmix.study.record import Record
from synthmix.study.report import write_report
from synthmix.study.result import StudyResult
from synthmix.study.terminal import table_text
from synthmix.tracking import Run, Tracker
from synthmix.tracking_uri import shown
from synthmix.tracking_view import save_ratio_view

SHOWN = ["data.name", "data.n_train", "model.name", "mix.ratio", "representation.name", "clusterer.name", "seed"]


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
    if outcome.reused_from:
        print(f"reused from run {outcome.reused_from}")
    print(f"MLflow run {outcome.run_id} in {shown(tracker.uri)}" if outcome.run_id else tracker.outage)
    print(f"to look at it: {ui_command(tracker)}")


def ui_command(tracker: Tracker) -> str:
    """What a user types to see the store that was logged to."""
    return f"MLFLOW_TRACKING_URI={shlex.quote(shown(tracker.uri))} synthmix ui"


def finish(record: Record, resources: Resources, runs: Mapping[str, str], folder: Path, parent: Run | None) -> None:
    """Writes a study's report, logs it to the parent run where there is one, and prints its table."""
    result, analysis = publish(record, resources, runs, folder, parent)
    print(table_text(analysis))
    for failure in result.failures:
        print(f"failed: {failure.cell}: {failure.error}")
    for line in filter(None, [*result.notes, resources.tracker.outage]):
        print(line)
    print(f"report: {os.path.relpath(folder / 'index.html')}")
    print(f"study {record.name}; MLflow: {ui_command(resources.tracker)}")
    if parent is not None:
        page = save_ratio_view(resources.tracker, record.name, [result.score])
        if page is not None:
            print(f"its cells as a chart, once the UI is open: http://127.0.0.1:5000{page}")


def publish(
    record: Record, resources: Resources, runs: Mapping[str, str], folder: Path, parent: Run | None
) -> tuple[StudyResult, Analysis]:
    """Writes a study's report, and logs it to the parent run where there is one."""
    result = collect(record, resources.store, runs, resources.tracker.uri)
    analysis = analyse(result)
    files = write_report(result, analysis, folder)
    if parent is not None:
        for file in files:
            parent.log_file(file, str(Path("report") / file.parent.relative_to(folder)))
        counts = result.cells["status"].value_counts().to_dict()
        parent.log_metrics({f"study/{status}": count for status, count in counts.items()})
    return result, analysis
