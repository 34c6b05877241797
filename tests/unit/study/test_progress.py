"""What is seen of a study while it runs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from synthmix.study import progress
from synthmix.study.launching.job import OUTCOME_FILE


def finish(folder: Path, job: int, status: str = "finished", reused_from: str | None = None) -> None:
    file = folder / str(job) / OUTCOME_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"status": status, "reused_from": reused_from}))


def test_without_a_terminal_there_are_lines_far_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    monkeypatch.setattr(progress, "LINES_APART", 0.5)
    with progress.progress_bar(tmp_path, jobs=8, stored=2):
        finish(tmp_path, 0)
        finish(tmp_path, 1, "failed")
        finish(tmp_path, 2, reused_from="an older run")
        time.sleep(0.8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "study: 5 of 10 cells, 1 failed, 3 stored, 00:00"
    assert len(lines) == 1


def test_a_short_study_says_nothing_without_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress_bar(tmp_path, jobs=1, stored=0):
        finish(tmp_path, 0)
    assert capsys.readouterr().err == ""
