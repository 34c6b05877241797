"""What an open run sends, and when."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient

from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker


def test_metrics_and_tags_are_kept_until_they_are_sent(tracker: Tracker) -> None:
    client = MlflowClient(tracker.uri)
    with tracker.open(RunRecord(kind="cell", name="kept")) as run:
        run.log_losses({"cluster/ari": 0.5}, 0)
        run.tag("arm", "vae")
        assert (client.get_run(run.id).data.metrics, client.get_run(run.id).data.tags.get("arm")) == ({}, None)
        run.send()
        entity = client.get_run(run.id)
        assert (entity.data.metrics, entity.data.tags["arm"]) == ({"cluster/ari": 0.5}, "vae")
    assert len(client.get_metric_history(run.id, "cluster/ari")) == 1  # what was sent is not sent again


def test_artifacts_are_found_from_anywhere(tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cells.csv").write_text("a,b\n")
    with tracker.open(RunRecord(kind="cell", name="artifacts")) as run:
        run.log_text("seed: 0\n", "config.yaml")
        run.log_figure(Figure(figsize=(1, 1)), "pictures/empty.png")
        run.log_written("report/cells.csv", partial(shutil.copyfile, tmp_path / "cells.csv"))
        run.log_written("checkpoint/generator.pt", lambda file: file.write_bytes(b"weights"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    client = MlflowClient(tracker.uri)
    assert Path(client.download_artifacts(run.id, "config.yaml")).read_text() == "seed: 0\n"
    assert Path(client.download_artifacts(run.id, "report/cells.csv")).read_text() == "a,b\n"
    assert Path(client.download_artifacts(run.id, "checkpoint/generator.pt")).read_bytes() == b"weights"
    assert Path(client.download_artifacts(run.id, "pictures/empty.png")).read_bytes().startswith(b"\x89PNG")
    assert not any((tmp_path / "elsewhere").iterdir())
