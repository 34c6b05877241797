"""USPS holds what zip.info.txt says, on the scale of images."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from synthmix.data.sources.usps import load_usps

TRAIN = [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]
TEST = [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]


def test_published_counts_and_greys(data_root: Path) -> None:
    dataset = load_usps(str(data_root))
    assert dataset.y is not None
    assert dataset.test is not None
    assert dataset.test.y is not None
    assert dataset.x.shape == (7291, 1, 16, 16)
    assert dataset.y.bincount().tolist() == TRAIN
    assert dataset.test.y.bincount().tolist() == TEST
    assert (dataset.x.min(), dataset.x.max()) == (0, 1)
    with gzip.open(data_root / "usps" / "zip.test.gz", "rt") as lines:
        label, *greys = map(float, next(lines).split())
    assert dataset.test.y[0] == label
    assert dataset.test.x[0].flatten().tolist() == pytest.approx([(grey + 1) / 2 for grey in greys], abs=1e-6)
