"""Pendigits holds what UCI describes."""

from __future__ import annotations

from pathlib import Path

from synthmix.data.sources.pendigits import load_pendigits

TRAIN = [780, 779, 780, 719, 780, 720, 720, 778, 719, 719]
TEST = [363, 364, 364, 336, 364, 335, 336, 364, 336, 336]


def test_published_counts_and_coordinates(data_root: Path) -> None:
    dataset = load_pendigits(str(data_root))
    assert dataset.y is not None
    assert dataset.test is not None
    assert dataset.test.y is not None
    assert dataset.x.shape == (7494, 16)
    assert dataset.y.bincount().tolist() == TRAIN
    assert dataset.test.y.bincount().tolist() == TEST
    first = (data_root / "pendigits" / "pendigits.tra").read_text().splitlines()[0]
    assert [*dataset.x[0].tolist(), dataset.y[0]] == [int(cell) for cell in first.split(",")]
    assert (dataset.x.min(), dataset.x.max()) == (0, 100)
