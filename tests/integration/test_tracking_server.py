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
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from synthmix import load_generator

SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.log_every=10", "model.steps=30"]
pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over a sqlite store; it hands out the artifacts itself."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    log = (folder / "log").open("w")
    process = subprocess.Popen([*command, *where], stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        if not answers(f"http://127.0.0.1:{port}/health", process):
            pytest.skip(f"no MLflow server can be started here: {(folder / 'log').read_text()[-500:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


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
