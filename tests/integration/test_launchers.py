"""One study by every launcher: the same table to the last byte, nothing printed by the way, nothing left behind."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

STUDY = [
    *("run", "-m", "model=vae", "model.steps=50", "mix.ratio=0,1", "seed=0,1", "clusterer=kmeans"),
    "study.learning_curve=[]",
]
PLUGINS = {"joblib": "hydra_joblib_launcher", "submitit_local": "hydra_submitit_launcher", "ray": "hydra_ray_launcher"}
SETTINGS = {"joblib": ["hydra.launcher.n_jobs=2"]}
pytestmark = pytest.mark.xdist_group("launchers")


def by(launcher: str) -> list[str]:
    """The study's words with a launcher; skips where there is none of that name."""
    plugin = PLUGINS[launcher]
    if importlib.util.find_spec(f"hydra_plugins.{plugin}") is None:
        pytest.skip(f"{plugin.replace('_', '-')} is not installed")
    return [*STUDY, f"hydra/launcher={launcher}", *SETTINGS.get(launcher, ())]


def table(folder: Path) -> bytes:
    (file,) = folder.glob("multirun/*/report/cells.csv")
    return file.read_bytes()


def processes_in(folder: Path) -> dict[int, str]:
    """Command lines of the processes that work in a folder, by their id."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.name != str(os.getpid()) and (process / "cwd").resolve() == folder:
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it ended while it was looked at
            continue
    return found


def wait_for(condition: Callable[[], Any], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} seconds"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> bytes:
    """cells.csv by the basic launcher."""
    folder = tmp_path_factory.mktemp("basic")
    answer = command(*STUDY, folder=folder)
    assert answer.code == 0, answer.err
    cells = table(folder)
    assert cells.count(b",finished,") == 4
    return cells


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts the study in a process group of its own, and waits until its first job has begun."""
    studies: list[subprocess.Popen[str]] = []

    def start(launcher: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "synthmix", *by(launcher)]
        study = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        studies.append(study)
        wait_for(lambda: study.poll() is not None or list(tmp_path.glob("multirun/*/*/*/.hydra/overrides.yaml")))
        assert study.poll() is None, study.communicate()
        return study

    yield start
    for study in studies:
        if study.poll() is None:
            os.killpg(study.pid, signal.SIGKILL)
        study.communicate()


@pytest.mark.parametrize("launcher", PLUGINS)
def test_every_launcher_gives_the_same_table_and_no_word_of_its_own(
    launcher: str, reference: bytes, process: Callable[..., Any], runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    answer = process(*by(launcher), folder=tmp_path)
    assert answer.code == 0, answer.err
    assert table(tmp_path) == reference
    assert answer.err == ""
    assert not [word for word in (launcher, "hydra", "INFO", "WARN", "Warning") if word in answer.out]
    assert {run.info.status for run in runs_in(tmp_path)} == {"FINISHED"}
    expected = {"mlflow.db", "mlartifacts", "multirun", ".synthmix"}
    assert {path.name for path in tmp_path.iterdir()} <= expected
    wait_for(lambda: not processes_in(tmp_path), 30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("launcher", ["submitit_local", "ray"])
def test_a_signal_ends_the_workers_too_and_the_study_goes_on_later(
    launcher: str,
    number: signal.Signals,
    reference: bytes,
    started: Callable[[str], subprocess.Popen[str]],
    process: Callable[..., Any],
    runs_in: Callable[..., Any],
    tmp_path: Path,
) -> None:
    study = started(launcher)
    os.killpg(study.pid, number) if number == signal.SIGINT else os.kill(study.pid, number)  # as a terminal, as kill do
    _, told = study.communicate(timeout=120)
    assert (study.returncode, told) == (128 + number, "stopped\n")
    wait_for(lambda: not processes_in(tmp_path), 30)
    assert "RUNNING" not in {run.info.status for run in runs_in(tmp_path, "study")}
    assert process(*by(launcher), folder=tmp_path).code == 0
    assert table(tmp_path) == reference
    assert "RUNNING" not in {run.info.status for run in runs_in(tmp_path)}


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_workers_do_not_outlive_a_study_that_was_killed(
    launcher: str, started: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    study = started(launcher)
    study.kill()
    study.communicate()
    wait_for(lambda: not processes_in(tmp_path), 30)


def test_a_worker_that_was_killed_costs_no_cell(
    reference: bytes, started: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    study = started("joblib")
    workers = [number for number, words in processes_in(tmp_path).items() if "LokyProcess" in words]
    os.kill(workers[0], signal.SIGKILL)
    _, told = study.communicate(timeout=200)
    assert study.returncode == 0, told
    assert table(tmp_path) == reference
