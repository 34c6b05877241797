"""The command line, in this process and in one of its own, and what it left in a store."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from sklearn.manifold import TSNE

from synthmix.cli import main

FEWEST_ITERATIONS = 250  # that scikit-learn's t-SNE makes


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def _pictures_are_quick() -> Iterator[None]:
    """Every cell has a t-SNE in its pictures: two seconds of iterations, of which no test looks at the last ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synthmix.plots.projection.TSNE", partial(TSNE, max_iter=FEWEST_ITERATIONS))
        yield


@pytest.fixture(scope="session")
def command() -> Command:
    """`synthmix WORDS` in this process, in the working folder or in `folder`. Importing torch is paid for once."""

    def run(*words: str, folder: Path | None = None) -> Answer:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        out, err = io.StringIO(), io.StringIO()
        try:
            with (
                contextlib.chdir(folder or Path.cwd()),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                code = main(list(words))
        except SystemExit as end:  # Hydra's way to end --help
            code = int(end.code or 0)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return Answer(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def process(warm: Any) -> Command:
    """`synthmix WORDS` in a process of its own: warm (tests/warm), or `fresh`, which imports everything itself."""

    def run(*words: str, folder: Path | None = None, fresh: bool = False) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "synthmix", *words] if fresh else warm.words("-m", "synthmix", *words),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store for tests that do not care what else is in it: making one takes a second."""
    return f"sqlite:///{tmp_path_factory.mktemp('shared')}/mlflow.db"


@pytest.fixture(scope="session")
def runs_in() -> Callable[..., list[Run]]:
    """The runs of a store (a folder's mlflow.db, or a URI), of one kind or of all, the oldest first."""

    def runs(store: Path | str, kind: str | None = None) -> list[Run]:
        client = MlflowClient(f"sqlite:///{store}/mlflow.db" if isinstance(store, Path) else store)
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        wanted = f"tags.`synthmix.kind` = '{kind}'" if kind else ""
        return list(client.search_runs(experiments, wanted, order_by=["attributes.start_time"]))

    return runs


class Server:
    """An MLflow server on a port of this machine, which can go away and come back."""

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._command = [sys.executable, "-m", *words, "--port", str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers, two minutes at most."""
        with self.log.open("a") as told:
            process = self._process = subprocess.Popen(
                self._command, stdout=told, stderr=told, cwd=self.log.parent, start_new_session=True
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=5).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        self.stop()
        pytest.fail(f"the MLflow server does not start: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Kills it, as a machine that fails would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @contextmanager
    def started(self) -> Iterator[Server]:
        """The server, for as long as the block runs."""
        try:
            self.start()
            yield self
        finally:
            self.stop()


@pytest.fixture(scope="session")
def server_of() -> Callable[..., Server]:
    """A server that words start, which is not started yet."""
    return Server


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def mlflow_server(store: str, folder: Path) -> Server:
    """A server over a store, which hands out the artifacts itself."""
    where = ["--backend-store-uri", store, "--artifacts-destination", str(folder / "files")]
    return Server(["mlflow", "server", "--host", "127.0.0.1", "--workers", "1", *where], folder)


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An MLflow server over a sqlite store."""
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server(f"sqlite:///{folder}/server.db", folder).started() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An MLflow server over PostgreSQL."""
    if importlib.util.find_spec("psycopg2") is None:
        pytest.skip("no driver of PostgreSQL: pip install psycopg2-binary")
    with postgresql() as store:
        folder = tmp_path_factory.mktemp("postgresql")
        with mlflow_server(store, folder).started() as server:
            yield server


@contextmanager
def postgresql() -> Iterator[str]:
    """The URI of a fresh database on a port of this machine, for as long as the block runs."""
    programs = postgresql_programs()
    # PostgreSQL refuses to run as root, and nobody else may enter the folders of pytest.
    other_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        other_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    with tempfile.TemporaryDirectory() as folder:
        if other_user:
            shutil.chown(folder, other_user["user"])
        data, port = f"{folder}/data", free_port()
        initdb = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "mlflow",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **other_user)
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **other_user,
        )
        try:
            wait = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "5"]
            for _ in range(100):
                if server.poll() is None and subprocess.run(wait, capture_output=True).returncode == 0:
                    break
                time.sleep(0.2)
            yield f"postgresql+psycopg2://mlflow@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGQUIT)  # ends it and its children without more ado
            server.wait()


def postgresql_programs() -> Path:
    """The folder of PostgreSQL's programs, the newest that there is."""
    named = shutil.which("postgres")
    folders = (
        [Path(named).resolve().parent] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    pytest.skip("no PostgreSQL here: neither on PATH nor in /usr/lib/postgresql (apt-get install postgresql)")
