"""What the task tells a clusterer beside its config, and what it puts out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN, Birch, KMeans, MeanShift, MiniBatchKMeans

from synthmix.spec import Column, DataSpec
from synthmix.tasks.clustering.learners import dbscan
from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer
from synthmix.tasks.clustering.learners.mixed.kprototypes import KPrototypes
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tasks.clustering.task import Clustering

SPEC = DataSpec("four", "table", (2,), None, 4)
POINTS = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)


def fitted(estimator: Any, seed: int = 0, weight: Any = None) -> Clustering:
    return Clustering(estimator=estimator, spec=SPEC).fit(POINTS, weight, seed)


@pytest.mark.parametrize("clusterer", [KMeans(None), MiniBatchKMeans(None), Birch(n_clusters=None)])
def test_known_classes_stand_in_for_a_number_that_is_left_open(clusterer: Any) -> None:
    assert fitted(clusterer).estimator.n_clusters == 4


def test_a_clusterer_that_asks_for_columns_is_told_them_and_one_that_was_given_some_keeps_them() -> None:
    told, given = (Column("a", "numeric"), Column("b", "boolean", ("no", "yes"))), (Column("x", "numeric"),) * 2
    task = Clustering(estimator=KPrototypes(None), spec=replace(SPEC, columns=told))  # type: ignore[arg-type]
    assert task.fit(POINTS, None, 0).estimator.get_params()["table_columns"] == told
    own = Clustering(estimator=KPrototypes(3, table_columns=given), spec=replace(SPEC, columns=told))
    assert own.fit(POINTS, None, 0).estimator.get_params()["table_columns"] == given


@pytest.mark.parametrize("clusterer", [SelfOrganizingMap(n_clusters=None), GaussianMixtureClusterer(n_clusters=None)])
def test_own_clusterers_find_that_many(clusterer: Any) -> None:
    assignments = fitted(clusterer).outputs(POINTS)["assignments"]
    assert 1 < len(set(assignments)) <= 4
    assert assignments.dtype == np.int64


def test_a_number_that_is_given_stays() -> None:
    assert fitted(KMeans(7)).estimator.n_clusters == 7


@pytest.mark.parametrize("clusterer", [DBSCAN(), MeanShift()])
def test_what_has_neither_number_nor_random_state_keeps_its_parameters(clusterer: BaseEstimator) -> None:
    clusterer.predict = lambda points: np.zeros(len(points))
    before = clusterer.get_params()
    assert fitted(clusterer).estimator.get_params() == before


def test_the_seed_of_the_cell_fixes_the_clusterer() -> None:
    states = [fitted(KMeans(3), seed).estimator.random_state for seed in (0, 1, 2, 0)]
    assert states[0] == states[3]
    assert len(set(states)) == 3
    assert fitted(KMeans(3), 2**32 - 1).estimator.n_clusters == 3


def test_weights_reach_the_clusterer() -> None:
    weight = np.where(np.arange(60) < 30, 1.0, 1e-9)
    alone = KMeans(2, n_init=5, random_state=fitted(KMeans(2), 0).estimator.random_state).fit(POINTS[:30])
    inertia = -alone.score(POINTS[:30])
    assert -fitted(KMeans(2, n_init=5), 0, weight).estimator.score(POINTS[:30]) == pytest.approx(inertia, rel=1e-3)


def test_a_learner_with_a_loss_puts_it_out_and_no_clustering_of_the_points_by_themselves() -> None:
    task = fitted(KMeans(3))
    found = task.outputs(POINTS[:7])
    assert set(found) == {"assignments", "held_out_loss"}
    assert found["held_out_loss"].sum() == pytest.approx(-task.estimator.score(POINTS[:7]), rel=1e-5)


def test_a_learner_without_a_loss_clusters_the_held_out_points_by_themselves_too() -> None:
    blobs = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 10, axis=0) + np.tile(POINTS[:10] / 10, (3, 1))
    task = Clustering(estimator=dbscan.DBSCAN(eps=2.0), spec=SPEC).fit(
        blobs[:20], None, 0
    )  # has not seen the third group
    found = task.outputs(blobs)
    assert set(found) == {"assignments", "own_assignments"}
    assert found["assignments"].tolist() == [0] * 10 + [1] * 10 + [-1] * 10
    assert sorted(set(found["own_assignments"])) == [0, 1, 2]
    assert (task.estimator.predict(blobs) == found["assignments"]).all()  # the fitted learner is as it was


def test_points_that_are_too_few_for_the_learner_have_no_clustering_of_their_own() -> None:
    task = fitted(dbscan.DBSCAN("auto"))
    assert set(task.outputs(POINTS[:1])) == {"assignments"}
