from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer


def degenerate() -> np.ndarray:
    """Float32 points on a line far from the origin: rounding makes their covariance indefinite."""
    rng = np.random.default_rng(0)
    return (1000 + rng.normal(size=(60, 1)) @ rng.normal(size=(1, 8))).astype(np.float32)


def test_float64_survives_what_float32_does_not() -> None:
    with pytest.raises(ValueError, match="ill-defined empirical covariance"):
        GaussianMixture(2, reg_covar=1e-6, random_state=0).fit(degenerate())
    labels = GaussianMixtureClusterer(2, reg_covar=1e-6, random_state=0).fit_predict(degenerate())
    assert set(labels) == {0, 1}


def test_few_points_in_many_dimensions_fit() -> None:
    few = (load_digits().data[:30] / 8 - 1).astype(np.float32)
    assert set(GaussianMixtureClusterer(10, random_state=0).fit_predict(few)) == set(range(10))


def test_equals_sklearns_mixture_in_float64() -> None:
    digits = load_digits().data
    x = PCA(5, random_state=0).fit_transform(digits).astype(np.float32)
    ours = GaussianMixtureClusterer(4, n_init=2, reg_covar=1e-3, random_state=7).fit(x[:800])
    theirs = GaussianMixture(4, n_init=2, reg_covar=1e-3, random_state=7).fit(x[:800].astype(np.float64))
    assert ours.mixture_.means_.dtype == np.float64
    np.testing.assert_array_equal(ours.mixture_.means_, theirs.means_)
    np.testing.assert_array_equal(ours.predict(x[800:]), theirs.predict(x[800:].astype(np.float64)))
    np.testing.assert_array_equal(ours.labels_, ours.predict(x[:800]))


def test_more_clusters_than_points_is_refused() -> None:
    with pytest.raises(ValueError, match="n_clusters=4: must be ≤ n_samples=3"):
        GaussianMixtureClusterer(4).fit(np.eye(3))


def test_weights_reach_the_mixture() -> None:
    points = np.r_[np.zeros((20, 1)), np.ones((20, 1))] + np.random.default_rng(0).normal(size=(40, 1)) / 100
    weight = np.repeat([3.0, 1.0], 20)
    fitted = GaussianMixtureClusterer(2, random_state=0).fit(points, sample_weight=weight)
    assert sorted(fitted.mixture_.weights_) == pytest.approx([0.25, 0.75])
    assert (fitted.labels_ == fitted.predict(points)).all()
