from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.cluster
from sklearn.datasets import load_digits, make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from synthmix.tasks.clustering.learners.dbscan import DBSCAN, KNEE_TOLERANCE, knee_radius


@pytest.fixture(scope="module")
def moons() -> np.ndarray:
    return make_moons(400, noise=0.06, random_state=0)[0]


def test_core_samples_keep_their_label_and_clusters_are_sklearns(moons: np.ndarray) -> None:
    ours, theirs = DBSCAN(0.15).fit(moons), sklearn.cluster.DBSCAN(eps=0.15).fit(moons)
    core = ours.core_sample_indices_
    np.testing.assert_array_equal(core, theirs.core_sample_indices_)
    np.testing.assert_array_equal(ours.predict(moons[core]), ours.labels_[core])
    assert adjusted_rand_score(ours.labels_[core], theirs.labels_[core]) == 1
    np.testing.assert_array_equal(ours.labels_ == -1, theirs.labels_ == -1)
    np.testing.assert_array_equal(ours.labels_, ours.predict(moons))


def test_new_points_take_the_nearest_core_sample_within_eps() -> None:
    x = np.array([[0.0], [0.5], [1.0], [10.0], [10.5], [11.0]])
    model = DBSCAN(1.0, min_samples=3).fit(x)
    left, right = model.labels_[0], model.labels_[-1]
    assert left != right
    assert model.predict([[0.2], [1.9], [2.1], [9.1], [8.9], [12.0]]).tolist() == [left, left, -1, right, -1, right]


def test_a_border_point_joins_the_nearer_cluster_whatever_the_order() -> None:
    x = np.array([[0.0], [0.1], [0.2], [1.1], [1.9], [2.1], [2.2]])  # 1.1 is .9 from 0.2 and .8 from 1.9
    weight = np.array([2, 2, 2, 1, 2, 2, 2])
    for order in (np.arange(7), np.arange(7)[::-1]):
        model = DBSCAN(0.95, min_samples=6).fit(x[order], sample_weight=weight[order])
        assert model.labels_[order].tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert sklearn.cluster.DBSCAN(eps=0.95, min_samples=6).fit(x, sample_weight=weight).labels_[3] == 0


def test_without_core_samples_all_is_noise() -> None:
    model = DBSCAN(0.1).fit(np.arange(20.0)[:, None])
    assert set(model.labels_) == {-1}
    assert model.predict([[3.0], [99.0]]).tolist() == [-1, -1]


@pytest.mark.parametrize("eps", [0.12, "auto"])
def test_whole_weights_equal_repeated_points_and_zero_a_point_left_out(moons: np.ndarray, eps: float | str) -> None:
    weight = np.random.default_rng(0).integers(0, 4, len(moons))
    weighted = DBSCAN(eps, min_samples=6).fit(moons, sample_weight=weight)
    repeated = DBSCAN(eps, min_samples=6).fit(moons.repeat(weight, axis=0))
    assert weighted.eps_ == repeated.eps_
    np.testing.assert_array_equal(weighted.predict(moons), repeated.predict(moons))
    np.testing.assert_array_equal(weighted.labels_, repeated.predict(moons))


def test_the_knee_finds_two_blobs_and_their_outliers() -> None:
    blobs, y = make_blobs(300, centers=[[0, 0], [10, 0]], cluster_std=1, random_state=0)
    outliers = np.array([[5.0, 12.0], [5.0, -12.0], [22.0, 8.0]])
    model = DBSCAN("auto").fit(np.concatenate([blobs, outliers]))
    assert model.labels_.max() == 1
    assert model.labels_[-3:].tolist() == [-1, -1, -1]
    kept = model.labels_[:-3] != -1
    assert kept.mean() > 0.95
    assert adjusted_rand_score(y[kept], model.labels_[:-3][kept]) == 1


def test_the_knee_of_a_known_curve() -> None:
    line = np.arange(50.0)  # distance to the second nearest point, itself included: 1
    stragglers = 49.0 + np.cumsum([4.0, 20.0, 40.0])  # 4, 20, 40
    points = np.append(line, stragglers)[:, None]
    # 36.75, 34.5 and 19.25 below the chord from 1 to 40 at the last 1, the 4 and the 20
    assert knee_radius(points, min_samples=2) == pytest.approx(1 + KNEE_TOLERANCE, abs=1e-12)


def test_copies_do_not_change_the_radius() -> None:
    digits = load_digits().data[:300]
    assert knee_radius(np.tile(digits, (4, 1)), 5) == knee_radius(digits, 5)


def test_one_distinct_point_has_no_knee() -> None:
    with pytest.raises(ValueError, match="needs two distinct points, n_samples=9 have 1"):
        DBSCAN("auto").fit(np.ones((9, 2)))


def test_a_quantile_of_the_k_distance_curve_makes_that_share_core_samples() -> None:
    x = np.random.default_rng(0).normal(size=(101, 3))
    distances = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 3]  # to the fourth point, itself the first
    for share in (0.3, 0.5, 0.9):
        fitted = DBSCAN("auto", min_samples=4, eps_quantile=share).fit(x)
        assert fitted.eps_ == pytest.approx(np.sort(distances)[math.ceil(share * 101) - 1], rel=1e-5)
        assert len(fitted.core_sample_indices_) == math.ceil(share * 101)
    copied = DBSCAN("auto", min_samples=4, eps_quantile=0.5).fit(np.repeat(x, 3, axis=0))
    assert copied.eps_ == pytest.approx(np.sort(distances)[50], rel=1e-5)


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_quantile_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"eps_quantile={share}: must be > 0 and < 1"):
        DBSCAN("auto", eps_quantile=share).fit(np.eye(4))
