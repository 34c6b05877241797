"""What is seen of a study while it runs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from synthmix.stages.store import Store
from synthmix.study import progress
from synthmix.study.launching.job import OUTCOME_FILE
from synthmix.study.under_way import under_way


def finish(folder: Path, job: int, status: str = "finished", reused_from: str | None = None) -> None:
    file = folder / str(job) / OUTCOME_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"status": status, "reused_from": reused_from}))


def test_without_a_terminal_there_are_lines_far_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    monkeypatch.setattr(progress, "LINES_APART", 0.5)
    with progress.progress_bar(tmp_path, jobs=8, stored=2, store=tmp_path / "store"):
        finish(tmp_path, 0)
        finish(tmp_path, 1, "failed")
        finish(tmp_path, 2, reused_from="an older run")
        time.sleep(0.8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "study: 5 of 10 cells, 1 failed, 3 stored, 00:00"
    assert len(lines) == 1


def test_a_short_study_says_nothing_without_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress_bar(tmp_path, jobs=1, stored=0, store=tmp_path / "store"):
        finish(tmp_path, 0)
    assert capsys.readouterr().err == ""


def test_what_is_being_computed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    monkeypatch.setattr(progress, "LINES_APART", 0.2)
    store, key = Store(tmp_path / "store"), {"seed": 1}

    def compute() -> dict[str, int]:
        time.sleep(0.6)
        return {"x": 1}

    store.get_or_compute("cell", key, lambda: {"x": 0})  # over before the study
    with progress.progress_bar(tmp_path / "jobs", jobs=1, stored=0, store=store.root):
        store.get_or_compute("quality", key, compute)
        time.sleep(0.4)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "study: 0 of 1 cells, 00:00, now quality"
    assert lines[-1].endswith("of 1 cells, 00:00") or lines[-1].endswith("of 1 cells, 00:01")


def test_a_stage_that_a_killed_process_began_is_not_named(tmp_path: Path) -> None:
    lock = tmp_path / "generator" / "ab" / "abc.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert under_way(tmp_path, since=0) == ["generator"]
    assert under_way(tmp_path, since=time.time() + 1) == []


def test_a_lock_that_is_removed_while_it_is_looked_at_is_passed_over(tmp_path: Path) -> None:
    lock = tmp_path / "generator" / "ab" / "abc.lock"
    lock.parent.mkdir(parents=True)
    lock.symlink_to("removed")  # found by its name, and not there
    assert under_way(tmp_path, since=0) == []
