"""Studies that are killed, stopped and damaged, and go on: the same command again gives the same table."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.entities import Run

Command = Callable[..., Any]
SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.limit_steps=20", "study.learning_curve=[0.5]"]
STUDY = ["run", "-m", "model=gan,duplicate,jitter", "mix.ratio=0,1,2", "seed=0,1,2", *SMALL]
MODELS = ("duplicate", "gan", "jitter")
CELLS = 27 + 3  # asked for, and added for the learning curve
LAUNCHERS = {"basic": [], "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]}
TABLES = ("cells.csv", "learning_curve.csv", "summary.csv")


@dataclass(frozen=True)
class Undisturbed:
    """The study when nobody disturbs it: its folder, which other tests go on in, and what was in it at first."""

    folder: Path
    answer: Any
    tables: dict[str, bytes]
    stages: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    answer = command(*STUDY, folder=folder)
    assert answer.code == 0
    return Undisturbed(folder, answer, {name: table(folder, name) for name in TABLES}, Counter(journal(folder)))


@contextmanager
def started(words: list[str], folder: Path, warm: Any = None) -> Iterator[subprocess.Popen[str]]:
    """The command, fresh or as words for a warm Python, in a process group of which nothing is left afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "synthmix", *words] if warm is None else warm.words(*words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_group(process)
        process.communicate()  # to the end of what its workers say, too


def kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Waits until something has come about, or the process has ended."""
    deadline = time.monotonic() + 180
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline, "waited three minutes"
        time.sleep(0.02)


def journal(folder: Path) -> list[tuple[str, str]]:
    """Every stage that was computed to its end."""
    file = folder / ".synthmix" / "journal.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(line["stage"], line["key"]) for line in map(json.loads, lines)]


def table(folder: Path, name: str) -> bytes:
    (found,) = folder.glob(f"multirun/*/report/{name}")
    return found.read_bytes()


def attempts(folder: Path) -> list[str]:
    """The folders that launches have left."""
    return sorted(path.name for path in folder.glob("multirun/*/*") if path.name != "report")


def check_equal(folder: Path, undisturbed: Undisturbed, runs: list[Run]) -> None:
    """What must hold of a study that was disturbed and has gone on to its end."""
    assert {name: table(folder, name) for name in TABLES} == undisturbed.tables
    assert Counter(journal(folder)) == undisturbed.stages
    (parent,) = [run for run in runs if run.data.tags["synthmix.kind"] == "study"]
    assert parent.info.status == "FINISHED"
    assert not [run.info.run_name for run in runs if run.info.status == "RUNNING"]
    finished = [run for run in runs if run.info.status == "FINISHED"]
    cells = Counter(
        run.data.tags["synthmix.combination"] for run in finished if run.data.tags["synthmix.kind"] == "cell"
    )
    assert len(cells) == CELLS
    assert set(cells.values()) == {1}
    trained = [run.data.tags["synthmix.stage_key"] for run in finished if run.data.tags["synthmix.kind"] == "generator"]
    assert len(trained) == len(set(trained)) == 3
    assert {run.data.tags["mlflow.parentRunId"] for run in finished if run is not parent} == {parent.info.run_id}


def test_a_study_survives_kills_at_any_moment(
    undisturbed: Undisturbed, command: Command, warm: Any, runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    """SIGKILL of the whole process group, of workers and of one process; `experiments/kills` is the long version."""
    moments = random.Random(4)
    whole = undisturbed.stages.total()
    for launcher in ("joblib", "basic"):
        before = len(journal(tmp_path))
        with started(["-m", "synthmix", *STUDY, *LAUNCHERS[launcher]], tmp_path, warm) as process:
            stages = before + moments.randint(1, (whole - before) // 2)
            wait_for(lambda: len(journal(tmp_path)) >= stages, process)  # noqa: B023
            time.sleep(moments.uniform(0, 0.3))
            kill_group(process)
        assert before < len(journal(tmp_path)) < whole
    assert not list(tmp_path.glob("multirun/*/report"))
    answer = command(*STUDY, folder=tmp_path)
    assert answer.code == 0
    check_equal(tmp_path, undisturbed, runs_in(tmp_path))


STOPS = [("basic", signal.SIGTERM, 143), ("joblib", signal.SIGINT, 130)]


@pytest.mark.parametrize(("launcher", "number", "code"), STOPS, ids=lambda value: str(value))
def test_a_study_that_was_stopped_goes_on(
    launcher: str,
    number: signal.Signals,
    code: int,
    undisturbed: Undisturbed,
    command: Command,
    runs_in: Callable[..., Any],
    tmp_path: Path,
) -> None:
    with started([*STUDY, *LAUNCHERS[launcher]], tmp_path) as process:
        wait_for(lambda: len(journal(tmp_path)) >= 12, process)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            os.kill(process.pid, number)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == code, out
    assert out.splitlines()[-1] == "stopped"
    assert "Traceback" not in out
    stopped = runs_in(tmp_path)
    assert not [run.info.run_name for run in stopped if run.info.status == "RUNNING"]
    (parent,) = [run for run in stopped if run.data.tags["synthmix.kind"] == "study"]
    assert parent.info.status == "KILLED"
    assert len(journal(tmp_path)) < undisturbed.stages.total()
    assert command(*STUDY, folder=tmp_path).code == 0
    check_equal(tmp_path, undisturbed, runs_in(tmp_path))


# joblib's workers as forks of a warm process, in place of six seconds of imports for each.
FORKING = """
import sys
from joblib.externals.loky.backend.context import set_start_method
set_start_method("fork")
from synthmix.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_worker_that_is_killed_is_told_and_made_up_for(
    undisturbed: Undisturbed, warm: Any, runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    with started(["-c", FORKING, *STUDY, *LAUNCHERS["joblib"]], tmp_path, warm) as process:
        wait_for(lambda: len(journal(tmp_path)) >= 12, process)
        os.kill(workers_in(tmp_path)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert "Traceback" not in out, out
    assert re.search("^the launcher broke down: TerminatedWorkerError", out, re.MULTILINE)
    check_equal(tmp_path, undisturbed, runs_in(tmp_path))


HUNGRY = """
import os, signal
from pathlib import Path

from synthmix.generators.base import Generator


class Hungry(Generator):
    def fit(self, dataset, *, seed):
        self.spec, self.mean = dataset.spec, dataset.x.mean(0)
        if Path("hungry").exists():
            with Path("killed").open("a") as told:
                told.write("killed ")
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def draw(self, n, rng):
        return self.mean.expand(n, *self.spec.shape).clone()
"""
LAB = {
    "mylab/__init__.py": "",
    "mylab/models.py": HUNGRY,
    "mylab/conf/model/hungry.yaml": "_target_: mylab.models.Hungry\nname: hungry\n",
}


def test_a_worker_that_is_killed_three_times_fails_its_cells_by_name_and_the_study_goes_on(
    warm: Any, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, content in LAB.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    for name, value in (("SYNTHMIX_ALLOW", "mylab."), ("PYTHONPATH", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(tmp_path)
    Path("hungry").touch()
    words = ["run", "-m", f"hydra.searchpath=[file://{tmp_path}/mylab/conf]", "model=hungry,jitter", "mix.ratio=1,2"]
    words += ["seed=0", "study.learning_curve=[]", "tracking=none", "tracking.study=lab", *SMALL[:2]]
    with started(["-c", FORKING, *words, *LAUNCHERS["joblib"]], tmp_path, warm) as process:
        out, _ = process.communicate(timeout=240)
    told = re.findall(r"^generator [0-9a-f]{12}: its process was killed, (.) of 3 times$", out, re.MULTILINE)
    assert (process.returncode, told, Path("killed").read_text().split()) == (1, ["1", "2", "3"], ["killed"] * 3), out
    failed = re.findall(r"^failed: (model.name=.*?): (stage .*)$", out, re.MULTILINE)
    assert [re.findall("model.name=hungry|mix.ratio=.", cell) for cell, _ in failed] == [
        ["model.name=hungry", f"mix.ratio={ratio}"] for ratio in (1, 2)
    ]
    (why,) = {why for _, why in failed}
    refused = re.fullmatch(
        "stage generator [0-9a-f]{12}: its process was killed 3 times, .*: synthmix (store retry .*)", why
    )
    assert refused
    cells = pd.read_csv(io.BytesIO(table(tmp_path, "cells.csv")))
    assert list(cells[cells["status"] == "finished"]["model.name"]) == ["jitter", "jitter"]

    assert command(*words).code == 1  # in this process, which is not killed
    Path("hungry").unlink()
    assert re.fullmatch(r"generator [0-9a-f]{64}\n1 stage will be tried again\n", command(*refused[1].split()).out)
    assert command(*words).code == 0
    cells = pd.read_csv(io.BytesIO(table(tmp_path, "cells.csv")))
    assert list(cells["status"]) == ["finished"] * 4


def workers_in(folder: Path) -> list[int]:
    """The forks that compute cells in a folder: their parent works there too."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while it was looked at
            if (process / "cwd").resolve() == folder and "resource_tracker" not in (process / "cmdline").read_text():
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return sorted(process for process, parent in parents.items() if parent in parents and parent != os.getpid())


@dataclass(frozen=True)
class Step:
    """What a command has left of the study that grows."""

    answer: Any
    attempts: list[str]
    stages: Counter[tuple[str, str]]
    cells: pd.DataFrame
    runs: list[Run]


@pytest.fixture(scope="module")
def grown(undisturbed: Undisturbed, command: Command, process: Command, runs_in: Callable[..., Any]) -> dict[str, Step]:
    """The undisturbed study asked for again, with one more seed, with one more ratio, and after some damage."""
    folder = undisturbed.folder

    def step(answer: Any) -> Step:
        cells = pd.read_csv(io.BytesIO(table(folder, "cells.csv")))
        return Step(answer, attempts(folder), Counter(journal(folder)), cells, runs_in(folder))

    steps = {"first": step(undisturbed.answer), "again": step(command(*STUDY, folder=folder))}
    steps["seed"] = step(command(*replaced(STUDY, "seed=3"), folder=folder))
    steps["ratio"] = step(command(*replaced(STUDY, "mix.ratio=0.5"), folder=folder))
    for stage in ("cell", "generator"):
        damage(oldest(folder, stage))
    steps["damaged"] = step(process(*STUDY, folder=folder))
    return steps


def replaced(words: list[str], word: str) -> list[str]:
    """The words, with another value for one key."""
    key = word.partition("=")[0]
    return [word if other.partition("=")[0] == key else other for other in words]


def oldest(folder: Path, stage: str) -> Path:
    """The payload of a stage that was written first."""
    return min(folder.glob(f".synthmix/{stage}/*/*/payload.pt"), key=lambda file: file.stat().st_mtime_ns)


def damage(file: Path) -> None:
    """Changes one byte in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_complete_study_launches_nothing(grown: dict[str, Step]) -> None:
    first, again = grown["first"], grown["again"]
    assert (again.answer.code, again.answer.out) == (0, first.answer.out)
    assert re.fullmatch(r"nothing to compute: every cell of study \S+ is stored\n", again.answer.err)
    assert (again.attempts, again.stages) == (first.attempts, first.stages)
    assert len(first.attempts) == 1
    pd.testing.assert_frame_equal(again.cells, first.cells)
    assert {run.info.run_id for run in again.runs} == {run.info.run_id for run in first.runs}


def test_one_more_seed_computes_the_new_cells_only_and_the_report_covers_all(grown: dict[str, Step]) -> None:
    before, after = grown["again"], grown["seed"]
    new = after.stages - before.stages
    assert Counter(stage for stage, _ in new) == {"cell": 8, "scores": 8, "generator": 1, "pool": 1, "quality": 3}
    assert len(after.attempts) == len(before.attempts) + 1
    assert after.cells.groupby(["model.name", "mix.ratio"])["seed"].apply(list).to_dict() == {
        (model, ratio): [0, 1, 2, 3] for model in MODELS for ratio in (0.0, 1.0, 2.0)
    }
    rows = after.cells[after.cells["seed"] < 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, before.cells)


def test_one_more_ratio_computes_the_new_cells_only_and_trains_nothing(grown: dict[str, Step]) -> None:
    before, after = grown["seed"], grown["ratio"]
    new = after.stages - before.stages
    assert Counter(stage for stage, _ in new) == {"cell": 9, "scores": 9}
    found = after.cells.groupby(["model.name", "mix.ratio"])["seed"].apply(list).to_dict()
    assert found == {
        (model, ratio): [0, 1, 2] if ratio == 0.5 else [0, 1, 2, 3]
        for model in MODELS
        for ratio in (0.0, 0.5, 1.0, 2.0)
    }
    assert len([run for run in after.runs if run.data.tags["synthmix.kind"] == "study"]) == 1


def test_a_damaged_entry_is_computed_again_with_a_warning(grown: dict[str, Step]) -> None:
    before, after = grown["ratio"], grown["damaged"]
    assert after.answer.code == 0
    for stage in ("cell", "generator"):
        warning = (
            rf"stage {stage} is computed again, \S+/\.synthmix/{stage}/\S+ is damaged: the SHA-256 of payload.pt is not"
        )
        assert re.search(warning, after.answer.err)
    assert Counter(stage for stage, _ in after.stages - before.stages) == {"cell": 1, "generator": 1}
    pd.testing.assert_frame_equal(after.cells, before.cells)
    assert not [run for run in after.runs if run.info.status != "FINISHED"]


def test_another_study_shares_the_baseline(
    grown: dict[str, Step], undisturbed: Undisturbed, command: Command, runs_in: Callable[..., Any]
) -> None:
    known = {run.info.run_id: run for run in grown["damaged"].runs}
    answer = command("run", "-m", "model=bootstrap", "mix.ratio=0,1", "seed=0,1,2", *SMALL, folder=undisturbed.folder)
    assert answer.code == 0
    new = Counter(journal(undisturbed.folder)) - grown["damaged"].stages
    assert Counter(stage for stage, _ in new) == {"cell": 3, "scores": 3, "quality": 3}
    studies = runs_in(undisturbed.folder, "study")
    assert len(studies) == 2
    runs = [run for run in runs_in(undisturbed.folder, "cell") if run.info.run_id not in known]
    baseline = [run for run in runs if float(run.data.params["mix.ratio"]) == 0]
    assert (len(runs), len(baseline)) == (9, 6)  # at n and at half of it
    for run in baseline:
        source = known[run.data.tags["synthmix.reused_from"]]
        assert run.data.tags["synthmix.cell_key"] == source.data.tags["synthmix.cell_key"]
        assert run.data.tags["synthmix.study"] != source.data.tags["synthmix.study"]
        assert run.data.metrics == source.data.metrics
