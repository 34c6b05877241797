"""An MLflow server on another port of this machine, as a team would have one: it is there, and it goes away."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from synthmix import load_generator
from synthmix.tracking.base import RunRecord
from synthmix.tracking.loss_logger import LossLogger
from synthmix.tracking.mlflow.tracker import Tracker

SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.log_every=10", "model.steps=30"]


def test_a_cell_logs_everything_to_a_server(
    sqlite_server: Any,
    command: Callable[..., Any],
    runs_in: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = sqlite_server.uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    answer = command("run", "model=gan", "tracking.experiment=everything", *SMALL)
    assert (answer.code, answer.err) == (0, "")
    assert f" in {server}\n" in answer.out
    assert "View run" not in answer.out
    (cell,), (generator,) = runs_in(server, "cell"), runs_in(server, "generator")
    assert (cell.info.status, generator.info.status) == ("FINISHED", "FINISHED")
    assert {"cluster/ari", "quality/fd_pca", "time/clusterer_s"} <= set(cell.data.metrics)
    client = MlflowClient(server)
    for loss in ("train/generator_loss", "train/discriminator_loss"):
        assert [entry.step for entry in client.get_metric_history(generator.info.run_id, loss)] == [10, 20, 30]
    assert Path(client.download_artifacts(cell.info.run_id, "pictures/confusion.png")).stat().st_size > 1000
    assert load_generator(cell.info.run_id).sample(5, seed=0).shape == (5, 1, 8, 8)


RECORD = RunRecord(
    kind="cell",
    name="during",
    params={"mix.ratio": 1},
    tags={"synthmix.study": "outage", "synthmix.cell_key": "during"},
    metrics={"cluster/ari": 0.5},
    texts={"config.yaml": "seed: 0\n"},
    files={"checkpoint/generator.pt": lambda file: file.write_bytes(b"weights")},
    started_ms=1_700_000_000_000,
    ended_ms=1_700_000_060_000,
)


def test_a_server_that_goes_away_stops_nothing_and_is_completed_later(
    sqlite_server: Any, caplog: pytest.LogCaptureFixture, runs_in: Callable[..., Any]
) -> None:
    tracker = Tracker(sqlite_server.uri, "outage")
    study = {"synthmix.study": "outage"}
    with tracker.open_study(
        RunRecord(kind="study", name="outage", params={"experiment": None}, tags={"synthmix.study": "outage"})
    ) as parent:
        with tracker.open(
            RunRecord(kind="cell", name="before", tags=study | {"synthmix.cell_key": "before"})
        ) as before:
            before.log_losses({"cluster/ari": 0.25}, 0)
        with tracker.open(RunRecord(kind="generator", name="interrupted", tags=study)) as interrupted:
            losses = LossLogger(interrupted, seconds=0)
            losses.log_metrics({"train/loss": 1.0}, 1)
            sqlite_server.stop()
            start = time.monotonic()
            losses.log_metrics({"train/loss": 0.5}, 2)
        log_a_cell(tracker, study)
        log_a_cell(tracker, study)
        assert time.monotonic() - start < 8
        assert tracker.find_runs("cell", "synthmix.cell_key", study="outage") is None
        told = [record.message for record in caplog.records if record.name == "synthmix.tracking"]
        assert told == [tracker.outage]
        assert told[0].startswith(f"{sqlite_server.uri}: MLflow is away (Connection refused); ")

        sqlite_server.start()
        assert tracker.close_left_running("outage") == 1
        found = tracker.find_runs("cell", "synthmix.cell_key", study="outage")
        assert found is not None
        assert list(found) == ["before"]
        replayed = tracker.publish(RECORD, parent.id)

    runs = {
        run.info.run_id: run for run in runs_in(sqlite_server.uri) if run.data.tags.get("synthmix.study") == "outage"
    }
    finished = {parent.id: "FINISHED", before.id: "FINISHED", replayed: "FINISHED"}
    assert {run: entity.info.status for run, entity in runs.items()} == {**finished, interrupted.id: "KILLED"}
    assert runs[interrupted.id].data.metrics == {"train/loss": 1.0}
    assert runs[replayed].data.metrics == RECORD.metrics
    client = MlflowClient(sqlite_server.uri)
    assert Path(client.download_artifacts(replayed, "checkpoint/generator.pt")).read_bytes() == b"weights"


def log_a_cell(tracker: Tracker, tags: dict[str, str]) -> None:
    """What a cell does whose server is gone."""
    with tracker.open(RunRecord(kind="cell", name="during", params={"mix.ratio": 1}, tags=tags)) as cell:
        with tracker.open(RunRecord(kind="generator", name="in it", tags=tags), cell.id) as generator:
            LossLogger(generator, seconds=0).log_metrics({"train/loss": 1.0}, 1)
        cell.publish(RECORD)
    assert (cell.id, cell.lost, generator.lost) == (None, "Connection refused", "Connection refused")


def test_the_ui_shows_the_store_with_its_pictures(
    command: Callable[..., Any],
    shared_store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server_of: Callable[..., Any],
) -> None:
    words = ["model=duplicate", "mix.ratio=2", *SMALL[:2], f"tracking.uri={shared_store}", "tracking.experiment=ui"]
    assert command("run", *words).code == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shared_store)
    with server_of(["synthmix", "ui"], tmp_path).started() as server:
        assert f"open {server.uri}/#/experiments" in server.log.read_text()
        client = MlflowClient(server.uri)
        experiment = client.get_experiment_by_name("ui")
        assert experiment is not None
        (run,) = client.search_runs([experiment.experiment_id])
        assert float(run.data.params["mix.ratio"]) == 2
        picture = f"{server.uri}/get-artifact?path=pictures/confusion.png&run_uuid={run.info.run_id}"
        with urllib.request.urlopen(picture, timeout=30) as response:
            assert response.read().startswith(b"\x89PNG")
