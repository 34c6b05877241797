"""Shares of pairs that are counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from synthmix.tasks.clustering.prediction_strength import prediction_strength


@pytest.mark.parametrize(
    ("predicted", "own", "strength"),
    [
        ([0, 0, 1, 1], [5, 5, 2, 2], 1.0),  # names of clusters tell nothing
        ([0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1], 0.5),  # of six pairs the first three points keep three
        ([0, 1, 2, 3], [0, 0, 1, 1], 0.0),
        ([0, 0, -1, -1], [0, 0, 1, 1], 0.0),  # noise keeps nothing together, here nor where all else is one cluster
        ([0, 0, 1, -1], [0, 0, 1, 1], 0.0),
        ([0, 0, 1, 1, 0], [0, 0, 1, 1, -1], 1.0),  # noise of one's own forms no cluster
        ([0, 0, 1], [0, 0, 1], 1.0),  # one point has no pairs
        ([0, 0, 0, 0], [0, 0, 1, 1], 0.0),  # one cluster keeps all together, whatever the data
        ([0, 0, 1, 1], [0, 0, 0, 0], 0.0),
        ([0, 1, 0, 1], [-1, -1, -1, -1], 0.0),
        ([0, 1], [0, 1], 0.0),
    ],
)
def test_the_least_share_of_pairs(predicted: list[int], own: list[int], strength: float) -> None:
    assert prediction_strength(np.array(predicted), np.array(own)) == pytest.approx(strength)


def test_the_sum_over_all_pairs() -> None:
    rng = np.random.default_rng(0)
    predicted, own = rng.integers(0, 3, 60), rng.integers(0, 2, 60)
    shares = []
    for cluster in (0, 1):
        pairs = list(itertools.permutations(np.flatnonzero(own == cluster), 2))
        shares.append(sum(predicted[i] == predicted[j] for i, j in pairs) / len(pairs))
    assert prediction_strength(predicted, own) == pytest.approx(min(shares))
