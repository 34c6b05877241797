"""A cell that logs to an MLflow server on another port of this machine, as a team would have one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from synthmix import load_generator

SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.log_every=10", "model.steps=30"]
pytestmark = pytest.mark.xdist_group("server")


@contextmanager
def serving(words: list[str], folder: Path) -> Iterator[str]:
    """The address of a server that is started by these words, as long as the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log"
    with log.open("w") as told:
        command = [sys.executable, "-m", *words, "--port", str(port)]
        process = subprocess.Popen(command, stdout=told, stderr=told, cwd=folder, start_new_session=True)
    try:
        if not answers(f"http://127.0.0.1:{port}/health", process):
            pytest.skip(f"no MLflow server can be started here: {log.read_text()[-500:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a sqlite store, which hands out the artifacts itself."""
    folder = tmp_path_factory.mktemp("server")
    where = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "files")]
    with serving(["mlflow", "server", "--host", "127.0.0.1", "--workers", "1", *where], folder) as address:
        yield address


def answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether a server is up within two minutes."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False


def test_a_cell_logs_everything_to_a_server(
    server: str,
    command: Callable[..., Any],
    runs_in: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    answer = command("run", "model=gan", *SMALL)
    assert (answer.code, answer.err) == (0, "")
    assert f" in {server}\n" in answer.out
    (cell,), (generator,) = runs_in(server, "cell"), runs_in(server, "generator")
    assert (cell.info.status, generator.info.status) == ("FINISHED", "FINISHED")
    assert {"cluster/ari", "quality/fd_pca", "time/clusterer_s"} <= set(cell.data.metrics)
    client = MlflowClient(server)
    for loss in ("train/generator_loss", "train/discriminator_loss"):
        assert [entry.step for entry in client.get_metric_history(generator.info.run_id, loss)] == [10, 20, 30]
    assert Path(client.download_artifacts(cell.info.run_id, "pictures/confusion.png")).stat().st_size > 1000
    assert load_generator(cell.info.run_id).sample(5, seed=0).shape == (5, 1, 8, 8)
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}


def test_the_ui_shows_the_store_with_its_pictures(
    command: Callable[..., Any], shared_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["model=duplicate", "mix.ratio=2", *SMALL[:2], f"tracking.uri={shared_store}", "tracking.experiment=ui"]
    assert command("run", *words).code == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shared_store)
    with serving(["synthmix", "ui"], tmp_path) as address:
        assert f"open {address}/#/experiments" in (tmp_path / "log").read_text()
        client = MlflowClient(address)
        experiment = client.get_experiment_by_name("ui")
        assert experiment is not None
        (run,) = client.search_runs([experiment.experiment_id])
        assert run.data.params["mix.ratio"] == "2"
        picture = f"{address}/get-artifact?path=pictures/confusion.png&run_uuid={run.info.run_id}"
        with urllib.request.urlopen(picture, timeout=30) as response:
            assert response.read().startswith(b"\x89PNG")
