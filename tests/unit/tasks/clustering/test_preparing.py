"""What a cell tells a clusterer beside its config."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN, AffinityPropagation, Birch, KMeans, MeanShift, MiniBatchKMeans

from synthmix.spec import DataSpec
from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tasks.clustering.preparing import prepared

SPEC = DataSpec("four", "table", (2,), None, 4)
POINTS = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)


@pytest.mark.parametrize("clusterer", [KMeans(None), MiniBatchKMeans(None), Birch(n_clusters=None)])
def test_known_classes_stand_in_for_a_number_that_is_left_open(clusterer: Any) -> None:
    assert prepared(clusterer, SPEC, 0).n_clusters == 4


@pytest.mark.parametrize("clusterer", [SelfOrganizingMap(n_clusters=None), GaussianMixtureClusterer(n_clusters=None)])
def test_own_clusterers_find_that_many(clusterer: Any) -> None:
    labels = prepared(clusterer, SPEC, 0).fit(POINTS).predict(POINTS)
    assert set(labels) <= set(range(4))
    assert len(set(labels)) > 1


def test_a_number_that_is_given_stays() -> None:
    assert prepared(KMeans(7), SPEC, 0).n_clusters == 7


@pytest.mark.parametrize("clusterer", [DBSCAN(), MeanShift()])
def test_what_has_neither_number_nor_random_state_is_left_as_it_is(clusterer: BaseEstimator) -> None:
    before = clusterer.get_params()
    assert prepared(clusterer, SPEC, 3).get_params() == before


def test_the_seed_of_the_cell_fixes_the_clusterer() -> None:
    states = [prepared(AffinityPropagation(), SPEC, seed).random_state for seed in (0, 1, 2, 0)]
    assert states[0] == states[3]
    assert len(set(states)) == 3
    assert all(0 <= state < 2**32 for state in states)
    one, two = (prepared(KMeans(3, n_init=1), SPEC, 5).fit(POINTS).labels_ for _ in range(2))
    assert (one == two).all()


def test_seeds_of_any_size_are_taken() -> None:
    assert prepared(KMeans(3), SPEC, 2**32 - 1).fit(POINTS).n_clusters == 3
