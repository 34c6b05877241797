"""Copies, near-copies and fresh points, told apart by their distances to train."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from synthmix.quality import memorisation
from synthmix.quality.memorisation import Authenticity, ClosestRecords, authenticity, closest_records


def gaussian(n: int, dimension: int, seed: int) -> Tensor:
    return torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_examples_in_docstrings_run() -> None:
    results = doctest.testmod(memorisation, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


def test_authenticity_by_scikit_learns_neighbours() -> None:
    train, synthetic = gaussian(200, 6, 0), gaussian(300, 6, 1)
    index = NearestNeighbors(n_neighbors=2).fit(train.numpy())
    to_train, place = index.kneighbors(synthetic.numpy(), n_neighbors=1)
    own = index.kneighbors(train.numpy())[0][:, 1]
    expected = (to_train[:, 0] > own[place[:, 0]]).mean()
    assert 0.2 < expected < 0.9
    assert authenticity(train, synthetic) == pytest.approx(expected, rel=1e-12)


def test_copies_are_not_authentic_not_even_of_points_that_train_has_twice() -> None:
    train = gaussian(100, 10, 0) + 1e4
    assert authenticity(train, train.repeat(3, 1)) == 0
    assert authenticity(torch.cat([train, train]), train) == 0


def test_fresh_points_are_as_near_to_train_as_to_the_held_out() -> None:
    shares = [closest_records(*(gaussian(200, 5, seed + part) for part in (0, 500, 1000))) for seed in range(20)]
    assert np.mean([scores["dcr_share"] for scores in shares]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([scores["dcr_ratio"] for scores in shares]) == pytest.approx(1, abs=0.03)


def test_closest_records_by_scipy() -> None:
    train, held_out, synthetic = gaussian(100, 4, 0), gaussian(100, 4, 1), gaussian(150, 4, 2) * 1.1
    seen, unseen = (cdist(synthetic.numpy(), part.numpy()).min(1) for part in (train, held_out))
    expected = {"dcr_share": (seen < unseen).mean(), "dcr_ratio": np.median(seen) / np.median(unseen)}
    assert closest_records(train, held_out, synthetic) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("memorised", [0.0, 0.25, 1.0])
def test_each_copy_counts(memorised: float) -> None:
    train, held_out, fresh = gaussian(400, 5, 0), gaussian(400, 5, 1), gaussian(400, 5, 2)
    copies = round(400 * memorised)
    scores = closest_records(train, held_out, torch.cat([train[:copies], fresh[copies:]]))
    assert scores["dcr_share"] == pytest.approx(0.5 + memorised / 2, abs=0.05)
    assert (scores["dcr_ratio"] == 0) == (memorised == 1)


def test_sets_are_cut_to_one_length() -> None:
    train, held_out, synthetic = gaussian(50, 3, 0), gaussian(500, 3, 1), gaussian(40, 3, 2)
    assert closest_records(train, held_out, synthetic) == closest_records(train, held_out[:50], synthetic)
    assert closest_records(held_out, train, synthetic) == closest_records(held_out[:50], train, synthetic)


def test_ties_count_half_and_no_distance_has_no_ratio() -> None:
    points = gaussian(30, 3, 0)
    assert closest_records(points, points.clone(), points) == {"dcr_share": 0.5}


def test_batches_add_up() -> None:
    train, held_out, synthetic = gaussian(60, 3, 0), gaussian(50, 3, 1), gaussian(40, 3, 2)
    share, distances = Authenticity(), ClosestRecords()
    for part, points in (("train", train), ("held_out", held_out), ("synthetic", synthetic)):
        for batch in torch.split(points, 17):
            distances.update(batch, part=part)
            if part != "held_out":
                share.update(batch, real=part == "train")
    assert share.compute().item() == authenticity(train, synthetic)
    values = {name: value.item() for name, value in distances.compute().items()}
    assert values == closest_records(train, held_out, synthetic)
    with pytest.raises(ValueError, match="part=val: allowed: train, held_out, synthetic"):
        distances.update(train, part="val")


def test_one_train_point_has_no_neighbour() -> None:
    with pytest.raises(ValueError, match="at least 2 train points, got 1"):
        authenticity(gaussian(1, 3, 0), gaussian(5, 3, 1))
