"""One study by every launcher: the same table to the last byte, nothing printed by the way, nothing left behind."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

STUDY = [
    *("run", "-m", "model=vae", "model.steps=50", "mix.ratio=0,1", "seed=0,1", "clusterer=kmeans"),
    "study.learning_curve=[]",
]
PLUGINS = {"joblib": "hydra_joblib_launcher", "submitit_local": "hydra_submitit_launcher", "ray": "hydra_ray_launcher"}
SETTINGS = {"joblib": ["hydra.launcher.n_jobs=2"]}


@dataclass(frozen=True)
class Reference:
    """The study by the basic launcher: its table, and what it prints, without the folder's name."""

    cells: bytes
    out: str


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


def without_progress(told: str) -> list[str]:
    """The lines but for those that a study says once a minute where there is no terminal."""
    return [line for line in told.splitlines() if not line.startswith("study: ")]


def states(runs: list[Any]) -> set[str]:
    return {run.info.status for run in runs}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Reference:
    folder = tmp_path_factory.mktemp("basic")
    answer = command(*STUDY, folder=folder)
    assert answer.code == 0, answer.err
    cells = table(folder)
    assert cells.count(b",finished,") == 4
    return Reference(cells, answer.out.replace(str(folder), ""))


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts the study in a process group of its own, and waits until its first job has begun."""
    studies: list[subprocess.Popen[str]] = []

    def start(launcher: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "synthmix", *by(launcher)]
        study = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
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
    launcher: str, reference: Reference, process: Callable[..., Any], runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    answer = process(*by(launcher), folder=tmp_path)
    assert (answer.code, without_progress(answer.err)) == (0, [])
    assert answer.out.replace(str(tmp_path), "") == reference.out
    assert table(tmp_path) == reference.cells
    assert states(runs_in(tmp_path)) == {"FINISHED"}
    # Ray's own logs and its token are in /tmp/ray and ~/.ray, as wherever ray is used.
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", "mlartifacts", "multirun", ".synthmix"}
    wait_for(lambda: not processes_in(tmp_path), 30)


# A terminal sends Ctrl-C to the whole process group; `kill` and a scheduler send SIGTERM to the study.
@pytest.mark.parametrize(
    ("launcher", "number"), [("submitit_local", signal.SIGINT), ("ray", signal.SIGTERM)], ids=lambda value: str(value)
)
def test_a_signal_ends_the_workers_too_and_the_study_goes_on_later(
    launcher: str,
    number: signal.Signals,
    reference: Reference,
    started: Callable[[str], subprocess.Popen[str]],
    command: Callable[..., Any],
    runs_in: Callable[..., Any],
    tmp_path: Path,
) -> None:
    study = started(launcher)
    if number == signal.SIGINT:
        os.killpg(study.pid, number)
    else:
        os.kill(study.pid, number)
    out, told = study.communicate(timeout=120)
    assert (out, without_progress(told)) == ("", ["stopped"])
    assert study.returncode == 128 + number
    wait_for(lambda: not processes_in(tmp_path), 30)
    assert states(runs_in(tmp_path, "study")) == {"KILLED"}
    assert command(*STUDY).code == 0
    assert table(tmp_path) == reference.cells
    assert "RUNNING" not in states(runs_in(tmp_path))


# submitit's end in the same way. Ray ends its own, but two of its agents look once a minute whether the rest is gone.
def test_workers_do_not_outlive_a_study_that_was_killed(
    started: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    study = started("joblib")
    study.kill()
    study.wait()
    wait_for(lambda: not processes_in(tmp_path), 30)


# joblib's is in test_resume.py; submitit's takes half a minute for what sweep.py treats alike.
def test_a_worker_of_ray_that_is_killed_is_told_and_made_up_for(
    reference: Reference,
    started: Callable[[str], subprocess.Popen[str]],
    command: Callable[..., Any],
    runs_in: Callable[..., Any],
    tmp_path: Path,
) -> None:
    study = started("ray")
    workers = [number for number, words in processes_in(tmp_path).items() if "ray::_run_job" in words]
    os.kill(workers[0], signal.SIGKILL)
    out, told = study.communicate(timeout=120)
    assert study.returncode == 0
    broken, *lost = without_progress(told)
    assert broken.startswith("the launcher broke down: ")
    assert all(re.fullmatch("[a-z]+ [0-9a-f]{12}: its process was killed, 1 of 3 times", line) for line in lost)
    assert "Traceback" not in out + told
    wait_for(lambda: not processes_in(tmp_path), 30)
    assert table(tmp_path) == reference.cells
    assert "RUNNING" not in states(runs_in(tmp_path))
