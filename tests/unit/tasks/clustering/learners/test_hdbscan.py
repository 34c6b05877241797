from __future__ import annotations

import numpy as np
import pytest
import sklearn.cluster
from sklearn.datasets import make_moons

from synthmix.tasks.clustering.learners.hdbscan import HDBSCAN


@pytest.fixture(scope="module")
def noisy() -> np.ndarray:
    noise = np.random.default_rng(0).uniform(-2, 3, (60, 2))
    return np.concatenate([make_moons(400, noise=0.06, random_state=0)[0], noise])


@pytest.mark.parametrize("settings", [{}, {"min_cluster_size": 20, "min_samples": 3}, {"min_samples": 1}])
@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_training_points_have_sklearns_labels_but_where_they_lie_at_the_reach_itself(
    noisy: np.ndarray, settings: dict[str, int], method: str
) -> None:
    ours = HDBSCAN(**settings, cluster_selection_method=method).fit(noisy)
    theirs = sklearn.cluster.HDBSCAN(**settings, cluster_selection_method=method, copy=True).fit(noisy)
    np.testing.assert_array_equal(ours.labels_, ours.predict(noisy))
    other = np.flatnonzero(ours.labels_ != theirs.labels_)
    assert len(other) <= 2
    assert (theirs.labels_ == -1).sum() > 5
    distance = np.linalg.norm(noisy[:, None] - noisy, axis=2)
    core = np.sort(distance, axis=1)[:, (ours.min_samples or ours.min_cluster_size) - 1]
    reachability = np.maximum(distance, np.maximum(core[:, None], core))
    for point in other:
        assert theirs.labels_[point] == -1
        least = reachability[point, theirs.labels_ == ours.labels_[point]].min()
        assert least == pytest.approx(ours.reach_[ours.labels_[point]], rel=1e-9)


def test_new_points_join_the_nearest_cluster_within_its_own_reach() -> None:
    tight, wide = np.arange(0, 1, 0.1), np.arange(10, 30, 2.0)
    model = HDBSCAN(min_cluster_size=4, min_samples=2).fit(np.concatenate([tight, wide])[:, None])
    close, far = model.labels_[0], model.labels_[-1]
    assert close != far
    assert model.reach_[close] == pytest.approx(0.1)
    assert model.reach_[far] == pytest.approx(2.0)
    # 1.05 is .15 from its nearest; 29 lies between two, and 30.5 is 2.5 from its second nearest
    assert model.predict([[0.45], [1.05], [29.0 - 2], [30.5]]).tolist() == [close, -1, far, -1]


def test_without_clusters_all_is_noise() -> None:
    model = HDBSCAN(min_cluster_size=6).fit(np.arange(9.0)[:, None])
    assert model.predict([[3.0], [99.0]]).tolist() == [-1, -1]
