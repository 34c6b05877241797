"""Sequential studies: one that a clear effect stops early, and one that is killed at several moments and goes on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Command = Callable[..., Any]
TOY = ["data=toy", "data.n_points=400", "data.n_train=40", "data.n_val=50", "data.n_test=100", "quality.n_samples=50"]
TOY += ["data.n_clusters=4", "data.separation=4", "clusterer.n_clusters=4", "clusterer.n_init=1"]
# A generator of one step harms; what a Gaussian does to k-means is not known after twelve seeds.
HARMS, UNKNOWN = "gan", "gaussian"
STUDY = ["run", "-m", "mix.ratio=0,1", "seed=range(4)", "study.sequential=true", "study.learning_curve=[]", *TOY]
STUDY += ["trainer.limit_steps=1", "study.score=nmi", "tracking.study=seq"]
EARLY = [*STUDY, f"model={HARMS},duplicate"]
BOTH = [*STUDY, f"model={HARMS},{UNKNOWN},duplicate", "study.max_seeds=12"]
TABLES = ("cells.csv", "summary.csv")


def table(folder: Path, name: str) -> bytes:
    return (folder / "multirun" / "seq" / "report" / name).read_bytes()


def record(folder: Path) -> dict[str, Any]:
    file = folder / ".synthmix" / "studies" / "seq" / "study.json"
    content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"batches": []}
    return content


def journal(folder: Path) -> Counter[tuple[str, str]]:
    """Every stage that was computed to its end."""
    file = folder / ".synthmix" / "journal.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return Counter((line["stage"], line["key"]) for line in map(json.loads, lines))


def seeds_of(folder: Path) -> dict[str, list[int]]:
    cells = pd.read_csv(folder / "multirun" / "seq" / "report" / "cells.csv")
    return {str(model): sorted(of_model["seed"].unique()) for model, of_model in cells.groupby("model.name")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, command(*BOTH, folder=folder)


def test_a_clear_effect_stops_the_study_early(tmp_path: Path, command: Command) -> None:
    told = command(*EARLY, "--dry-run", folder=tmp_path)
    assert (
        "sequential  a first batch of 12 cells (4 seeds), then 2 seeds at a time until every arm is decided: "
        "90 cells at most (study.max_seeds=30)"
    ) in told.out
    answer = command(*EARLY, folder=tmp_path)
    assert answer.code == 0
    looks = [line for line in answer.err.splitlines() if line.startswith("seeds ")]
    assert looks[0] == "seeds 0 to 3: 1 of 1 arm undecided"
    assert re.fullmatch(r"seeds \d+, \d+: 0 of 1 arm undecided", looks[-1])
    (verdict,) = pd.read_csv(tmp_path / "multirun" / "seq" / "report" / "summary.csv")["verdict"].dropna()
    assert verdict == "harms"
    seeds = 4 + 2 * (len(looks) - 1)
    assert seeds < 15
    assert seeds_of(tmp_path) == {model: [*range(seeds)] for model in (HARMS, "duplicate")}
    assert f"sequential: stopped after {seeds} seeds, all arms decided" in answer.out.splitlines()
    again = command("report", "seq", "--out", "again", folder=tmp_path)
    assert f"sequential: stopped after {seeds} seeds, all arms decided" in again.out.splitlines()
    assert (tmp_path / "again" / "cells.csv").read_bytes() == table(tmp_path, "cells.csv")
    detectable = command(*EARLY, "--dry-run", folder=tmp_path).out
    assert re.search(
        r"detectable  0\.\d+ of nmi for kmeans on identity, toy n=40: 2 tests, 30 planned seeds", detectable
    )


def test_a_decided_arm_gets_no_more_cells(undisturbed: tuple[Path, Any]) -> None:
    folder, answer = undisturbed
    assert answer.code == 0
    assert "sequential: stopped at study.max_seeds=12 with 1 arm undecided" in answer.out.splitlines()
    seeds = seeds_of(folder)
    assert seeds[UNKNOWN] == seeds["duplicate"] == [*range(12)]
    assert seeds[HARMS] == [*range(len(seeds[HARMS]))]
    assert 4 < len(seeds[HARMS]) < 12
    assert "compared on" not in answer.out
    summary = pd.read_csv(folder / "multirun" / "seq" / "report" / "summary.csv")
    generators = summary[summary["mix.ratio"] == 1].set_index("arm")
    assert (generators["verdict"][HARMS], generators["verdict"][UNKNOWN]) == ("harms", "undecided")
    assert generators["seeds"][HARMS] == len(seeds[HARMS])


def test_more_seeds_may_be_allowed_later(undisturbed: tuple[Path, Any], command: Command, tmp_path: Path) -> None:
    """The study goes on from where it stopped; nothing is computed twice."""
    folder = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(undisturbed[0]), str(folder)], check=True)
    before = journal(folder)
    answer = command(*BOTH, "study.max_seeds=13", "tracking=none", f"paths.store={folder}/.synthmix", folder=folder)
    assert "sequential: stopped at study.max_seeds=13 with 1 arm undecided" in answer.out.splitlines()
    after = journal(folder)
    assert before < after
    assert set(after.values()) == {1}
    assert [batch["seeds"] for batch in record(folder)["batches"]] == [[4, 5], [6, 7], [8, 9], [10, 11], [12]]


def test_a_study_that_was_killed_ends_as_one_that_was_not(
    undisturbed: tuple[Path, Any], command: Command, warm: Any, tmp_path: Path
) -> None:
    """SIGKILL in the second batch that the study adds, of two workers, and in the fourth, of one process."""
    folder, answer = undisturbed
    two_workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    kill_in_batch(warm.words("-m", "synthmix", *BOTH, *two_workers), tmp_path, batches=2)
    kill_in_batch(warm.words("-m", "synthmix", *BOTH), tmp_path, batches=4)
    assert record(tmp_path)["stopped"] == ""
    told = command("report", "seq", folder=tmp_path)
    assert "sequential: not over after 12 seeds; the command that asked for it goes on" in told.out
    resumed = command(*BOTH, folder=tmp_path)
    assert resumed.code == 0
    assert {name: table(tmp_path, name) for name in TABLES} == {name: table(folder, name) for name in TABLES}
    assert resumed.out.splitlines()[0:12] == answer.out.splitlines()[0:12]
    assert journal(tmp_path) == journal(folder)
    for key in ("batches", "stopped", "failures"):
        assert record(tmp_path)[key] == record(folder)[key]
    assert set(record(tmp_path)["cells"]) == set(record(folder)["cells"])


def kill_in_batch(words: list[str], folder: Path, batches: int) -> None:
    """Starts the command and kills its process group once so many batches were added, and a stage of the last is done.

    A batch of three cells has as few as one stage after another that takes time, so that the kill falls within it.
    """
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait(lambda: len(record(folder)["batches"]) >= batches, process)
        before = journal(folder).total()
        wait(lambda: journal(folder).total() > before, process)
        assert process.poll() is None
        assert len(record(folder)["batches"]) == batches
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()  # to the end of what its workers say, too


def wait(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline, "waited three minutes"
        time.sleep(0.01)
