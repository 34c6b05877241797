"""The command line, in this process and in one of its own, and what it left in a store."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from synthmix.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


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
def process() -> Command:
    """`synthmix WORDS` in a process of its own."""

    def run(*words: str, folder: Path | None = None) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "synthmix", *words],
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
