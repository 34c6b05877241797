"""Ctrl-C and SIGTERM in the middle of a training: every run is closed as KILLED, and the exit code says why."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

# A training that nobody waits for.
ENDLESS = ["model=gan", "model.steps=100000000", "data.n_train=50", "tracking.pictures=false"]


def stopped(
    words: list[str], number: signal.Signals, *, finished: int = 0, impatient: bool = False, warm: Any = None
) -> tuple[int, str]:
    """Exit code and last words of a command that gets a signal while its generator is trained.

    Not before so many cells have left their outcome in the working folder.
    """

    def in_the_middle() -> bool:
        return generators_in(Path("mlflow.db")) == 1 and len(list(Path().rglob("outcome.json"))) == finished

    command = ["-m", "synthmix", "run", *ENDLESS, *words]
    with subprocess.Popen(
        [sys.executable, *command] if warm is None else warm.words(*command),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_for(lambda: in_the_middle() or process.poll() is not None)
            time.sleep(1)  # some steps into the training
            for _ in range(3 if impatient else 1):
                os.kill(process.pid, number)
                time.sleep(0.1)
            _, told = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, told


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "waited two minutes"
        time.sleep(0.1)


def generators_in(database: Path) -> int:
    """How many trainings were begun."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM tags WHERE value = 'generator'").fetchone()[0])


def states(runs: list[Any]) -> Counter[tuple[str, str]]:
    return Counter((run.data.tags["synthmix.kind"], run.info.status) for run in runs)


def test_ctrl_c_closes_the_cell_and_its_training(runs_in: Callable[..., Any], tmp_path: Path) -> None:
    assert stopped([], signal.SIGINT, impatient=True) == (130, "stopped\n")
    runs = runs_in(tmp_path)
    assert states(runs) == {("cell", "KILLED"): 1, ("generator", "KILLED"): 1}
    (generator,) = [run for run in runs if run.data.tags["synthmix.kind"] == "generator"]
    assert "train/generator_loss" in generator.data.metrics  # what was learnt of it until then is kept
    assert not list(tmp_path.rglob("outcome.json"))


def test_sigterm_ends_a_study_at_once_and_keeps_what_is_done(
    command: Callable[..., Any], warm: Any, runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    assert command("run", "-m", *ENDLESS, "mix.ratio=0", "seed=0,1").code == 0
    words = ["-m", "mix.ratio=0,1", "seed=0,1"]
    code, told = stopped(words, signal.SIGTERM, finished=2, warm=warm)
    assert (code, told.splitlines()[-1]) == (143, "stopped")
    assert states(runs_in(tmp_path)) == {
        ("study", "KILLED"): 1,
        ("cell", "FINISHED"): 2,  # the baselines
        ("cell", "KILLED"): 1,
        ("generator", "KILLED"): 1,
    }
    assert len(list(tmp_path.rglob("outcome.json"))) == 2
    assert len(list(tmp_path.glob(".synthmix/cell/*/*/payload.pt"))) == 2
    assert not list(tmp_path.glob(".synthmix/generator/*/*/payload.pt"))


def test_sigterm_ends_the_workers_of_another_launcher_too(
    warm: Any, runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    words = ["-m", "seed=0", "study.learning_curve=[]", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    code, told = stopped(words, signal.SIGTERM, finished=1, warm=warm)
    assert code == 143
    assert told.splitlines()[-1] == "stopped"
    runs = runs_in(tmp_path)
    assert states(runs) == {
        ("study", "KILLED"): 1,
        ("cell", "FINISHED"): 1,  # the baseline, which the other worker has computed
        ("cell", "KILLED"): 1,
        ("generator", "KILLED"): 1,
    }
    wait_for(lambda: not processes_in(tmp_path))


def processes_in(folder: Path) -> list[str]:
    """Processes that work in a folder; those of a command that has ended are gone too."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.name != str(os.getpid()) and (process / "cwd").resolve() == folder:
                found.append(process.name)
        except OSError:  # it ended while it was looked at
            continue
    return found
