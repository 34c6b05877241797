"""That whoever logs needs neither MLflow nor a component of a cell."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from synthmix.config.sections.tracking import make_tracker
from synthmix.errors import InvalidInput
from synthmix.tracking import none
from synthmix.tracking.base import OpenRun, RunRecord, Tracker
from synthmix.tracking.mlflow import run as mlflow_run
from synthmix.tracking.mlflow import tracker as mlflow_tracker


@pytest.mark.parametrize("tracker", [none.Tracker, mlflow_tracker.Tracker])
def test_a_tracker_has_what_is_asked_of_one(tracker: type) -> None:
    for name, member in inspect.getmembers(Tracker, inspect.isfunction):
        if not name.startswith("_"):
            assert (
                inspect.signature(getattr(tracker, name)).parameters.keys()
                == inspect.signature(member).parameters.keys()
            )


@pytest.mark.parametrize("run", [none.Run, mlflow_run.Run])
def test_a_run_has_what_is_asked_of_one(run: type) -> None:
    for name, member in inspect.getmembers(OpenRun, inspect.isfunction):
        if not name.startswith("_"):
            assert (
                inspect.signature(getattr(run, name)).parameters.keys() == inspect.signature(member).parameters.keys()
            )


def test_the_protocols_import_neither_mlflow_nor_a_component() -> None:
    code = "import sys, synthmix.tracking.base, synthmix.tracking.none; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"mlflow", "torch", "synthmix.generators", "synthmix.tasks"} & set(done.stdout.split())


def test_what_logs_nothing_stops_nothing() -> None:
    tracker = make_tracker("synthmix.tracking.none.Tracker", "sqlite:///mlflow.db", "unit")
    tracker.check()
    record = RunRecord(kind="cell", name="quiet", metrics={"cluster/ari": 0.5})
    with tracker.open(record) as run:
        run.log_losses({"train/loss": 1.0}, 1)
        run.publish(record)
    assert (run.id, tracker.uri, tracker.publish(record), tracker.find_runs("cell", "a")) == (None, None, None, None)
    with pytest.raises(InvalidInput, match="tracking=none"):
        tracker.select("cell", "metrics.a > 1")


def test_a_tracker_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be imported"):
        make_tracker("synthmix.tracking.nothing.Tracker", None, "unit")
    with pytest.raises(InvalidInput, match="not in the allowlist"):
        make_tracker("somebody.Tracker", None, "unit")
