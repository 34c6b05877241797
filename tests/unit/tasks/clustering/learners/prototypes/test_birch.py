from __future__ import annotations

import numpy as np
from sklearn.cluster import Birch
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from synthmix.tasks.clustering.learners.prototypes.birch import BirchClusterer
from synthmix.tasks.losses import losses_of

X, Y = make_blobs(300, centers=[[0, 0], [9, 0], [0, 9]], random_state=0)


def test_the_tree_is_sklearns_and_its_groups_are_where_the_blobs_are_apart() -> None:
    ours, theirs = BirchClusterer(3, threshold=0.8).fit(X), Birch(n_clusters=3, threshold=0.8).fit(X)
    np.testing.assert_allclose(ours.subcluster_centers_, theirs.subcluster_centers_)
    assert adjusted_rand_score(ours.labels_, theirs.labels_) == adjusted_rand_score(ours.labels_, Y) == 1
    np.testing.assert_array_equal(ours.labels_, ours.predict(X))


def test_the_loss_is_the_squared_distance_to_the_nearest_subcluster_centre() -> None:
    model = BirchClusterer(3, threshold=0.8).fit(X)
    new = np.random.default_rng(0).normal(size=(20, 2)) * 5
    distances = np.linalg.norm(new[:, None] - model.subcluster_centers_, axis=2)
    found = losses_of(model, new)
    assert found is not None
    np.testing.assert_allclose(found, distances.min(axis=1) ** 2)


def test_fewer_subclusters_than_clusters_are_one_each() -> None:
    assert set(BirchClusterer(8, threshold=3.5).fit(X).labels_) == {0, 1, 2}
