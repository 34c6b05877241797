from __future__ import annotations

import numpy as np
import pytest
import sklearn.cluster
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from synthmix.tasks.clustering.learners.graph.agglomerative import AgglomerativeClusterer, Linkage
from synthmix.tasks.clustering.learners.graph.spectral import SpectralClusterer


@pytest.fixture(scope="module")
def moons() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_moons(500, noise=0.06, random_state=0)
    return x, y


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_without_a_graph_and_with_one_of_all_points_the_merges_are_sklearns(linkage: Linkage) -> None:
    x, _ = make_blobs(120, centers=4, random_state=1)
    expected = sklearn.cluster.AgglomerativeClustering(6, linkage=linkage).fit(x).labels_
    for n_neighbors in (None, 119):
        found = AgglomerativeClusterer(6, linkage=linkage, n_neighbors=n_neighbors).fit(x).labels_
        assert adjusted_rand_score(found, expected) == 1


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_merges_along_a_sparse_graph_find_groups_that_are_apart(linkage: Linkage) -> None:
    x, y = make_blobs(400, centers=[[0, 0], [12, 0], [0, 12], [12, 12]], random_state=0)
    for n_neighbors in (2, 10):
        found = AgglomerativeClusterer(4, linkage=linkage, n_neighbors=n_neighbors).fit(x).labels_
        assert adjusted_rand_score(found, y) == 1


def test_spectral_cuts_as_sklearn_does_and_finds_the_moons(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    ours = SpectralClusterer(2, random_state=0).fit(x)
    theirs = sklearn.cluster.SpectralClustering(2, affinity="nearest_neighbors", random_state=0).fit(x)
    assert adjusted_rand_score(ours.labels_, theirs.labels_) > 0.99
    assert adjusted_rand_score(ours.labels_, y) > 0.99


def test_spectral_finds_groups_between_which_there_is_no_edge() -> None:
    x, y = make_blobs(400, centers=[[0, 0], [40, 0], [0, 40], [40, 40]], random_state=0)
    assert adjusted_rand_score(SpectralClusterer(4, random_state=0).fit(x).labels_, y) == 1


@pytest.mark.parametrize("model", [AgglomerativeClusterer(2), SpectralClusterer(2, random_state=0)], ids=repr)
def test_a_new_point_takes_the_cluster_of_the_nearest_training_point(
    model: AgglomerativeClusterer | SpectralClusterer, moons: tuple[np.ndarray, np.ndarray]
) -> None:
    x, _ = moons
    model.fit(x)
    new = np.random.default_rng(0).uniform(-1, 2, (50, 2))
    nearest = np.linalg.norm(new[:, None] - x, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(model.predict(new), model.labels_[nearest])
    np.testing.assert_array_equal(model.predict(x), model.labels_)
    with pytest.raises(ValueError, match=r"minimum of 2 is required"):
        model.fit(x[:1])
