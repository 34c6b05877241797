"""The checkpoint that a run names."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthmix.errors import InvalidInput
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow import checkpoint
from synthmix.tracking.mlflow.checkpoint import download_checkpoint
from synthmix.tracking.mlflow.tracker import Tracker


def test_a_run_without_generator_has_no_checkpoint(tracker: Tracker, tmp_path: Path) -> None:
    with tracker.open(RunRecord(kind="cell", name="control")) as run:
        pass
    with pytest.raises(InvalidInput, match=f"run {run.id}: has no trained generator"):
        download_checkpoint(tracker.uri, str(run.id), tmp_path)
    with pytest.raises(InvalidInput, match="run nope: not found in sqlite"):
        download_checkpoint(tracker.uri, "nope", tmp_path)


def test_the_checkpoint_of_a_reused_cell_is_that_of_the_cell_it_is_from(tracker: Tracker, tmp_path: Path) -> None:
    with tracker.open(RunRecord(kind="generator", name="g")) as generator:
        generator.log_written("checkpoint/generator.pt", lambda file: file.write_bytes(b"weights"))
    with tracker.open(
        RunRecord(kind="cell", name="first", tags={"synthmix.generator_run": str(generator.id)})
    ) as first:
        pass
    with tracker.open(RunRecord(kind="cell", name="again", tags={"synthmix.reused_from": str(first.id)})) as again:
        pass
    for number, run in enumerate((generator, first, again)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert download_checkpoint(tracker.uri, str(run.id), folder).read_bytes() == b"weights"


def test_a_checkpoint_that_is_too_large_is_not_fetched(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracker.open(RunRecord(kind="generator", name="g")) as run:
        run.log_written("checkpoint/generator.pt", lambda file: file.write_bytes(b"weights"))
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 6)
    with pytest.raises(InvalidInput, match="its checkpoint of 7 bytes is > 6"):
        download_checkpoint(tracker.uri, str(run.id), tmp_path)
    assert not (tmp_path / "generator.pt").exists()
