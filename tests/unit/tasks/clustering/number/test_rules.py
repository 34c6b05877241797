"""The number of clusters: on groups that are there, where there are none, and against the criteria of scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture

from synthmix.errors import InvalidInput
from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer
from synthmix.tasks.clustering.number.rules import choose_number

BLOBS = make_blobs(160, centers=[[0, 0], [9, 0], [0, 9], [9, 9]], random_state=0)[0]
ONE = np.random.default_rng(0).uniform(size=(160, 2))
KMEANS: Callable[[int], Any] = partial(KMeans, n_init=2)
GMM: Callable[[int], Any] = partial(GaussianMixtureClusterer, n_init=1)


@pytest.mark.parametrize(
    ("rule", "make"), [("silhouette", KMEANS), ("prediction_strength", KMEANS), ("gap", KMEANS), ("bic", GMM)]
)
def test_the_groups_that_are_there_are_counted(rule: str, make: Callable[[int], Any]) -> None:
    found = choose_number(make, rule, 7, BLOBS, 0)
    assert (found.chosen, found.rule) == (4, rule)
    assert [row["k"] for row in found.table] == list(range(1 if rule in ("gap", "prediction_strength") else 2, 8))
    assert found.value == next(row["value"] for row in found.table if row["k"] == 4)


@pytest.mark.parametrize("rule", ["prediction_strength", "gap"])
def test_where_there_are_no_groups_there_is_one(rule: str) -> None:
    assert choose_number(KMEANS, rule, 6, ONE, 0).chosen == 1


def test_the_criteria_are_sklearns() -> None:
    state = derive_seed(3, "clusterer") % 2**32
    bic = choose_number(GMM, "bic", 4, BLOBS, 3).table
    silhouette = choose_number(KMEANS, "silhouette", 4, BLOBS, 3).table
    for k in (2, 3, 4):
        mixture = GaussianMixture(k, reg_covar=1e-3, random_state=state).fit(BLOBS)
        assert bic[k - 2]["value"] == pytest.approx(mixture.bic(BLOBS))
        labels = KMeans(k, n_init=2, random_state=state).fit_predict(BLOBS)
        assert silhouette[k - 2]["value"] == pytest.approx(silhouette_score(BLOBS, labels))


def test_the_largest_number_that_is_strong_within_one_error_is_taken() -> None:
    found = choose_number(KMEANS, "prediction_strength", 7, BLOBS, 1)
    strong = [row["k"] for row in found.table if row["value"] + row["error"] >= 0.8]
    assert found.chosen == max(strong) == 4
    assert found.table[0] == {"k": 1, "value": 1.0, "error": 0.0, "fault": None}


@pytest.mark.parametrize("rule", ["silhouette", "gap", "prediction_strength"])
def test_a_number_that_does_not_suit_is_passed_over_and_says_why(rule: str) -> None:
    few = np.repeat(BLOBS[:3], 4, axis=0)  # three distinct points: more clusters than these are empty

    def picky(k: int) -> KMeans:
        if k > 3:
            raise ValueError("k must be\n≤ 3")
        return KMeans(k, n_init=2)

    found = choose_number(picky, rule, 6, few + np.random.default_rng(0).normal(scale=0.01, size=few.shape), 0)
    assert found.chosen <= 3
    last = found.table[-1]
    assert (last["k"], last["fault"]) == (6, "ValueError: k must be ≤ 3")
    assert math.isnan(last["value"])


def test_where_no_number_suits_the_input_is_wrong() -> None:
    with pytest.raises(
        InvalidInput, match=r"clusterer\.n_clusters=silhouette: none of 1 to 5 suits 2 points; ValueError"
    ):
        choose_number(KMEANS, "silhouette", 5, BLOBS[:2], 0)


def test_the_seed_decides() -> None:
    tables = [choose_number(KMEANS, "gap", 4, ONE, seed).table for seed in (0, 0, 1)]
    assert tables[0] == tables[1] != tables[2]
