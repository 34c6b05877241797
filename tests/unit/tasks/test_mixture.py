"""Weighted EM, against scikit-learn's unweighted one: at a weight of 1, and on copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.mixture
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from synthmix.tasks.mixture import GaussianMixture

KINDS = ["full", "tied", "diag", "spherical"]
DIGITS = PCA(6, random_state=0).fit_transform(load_digits().data / 16)
BLOBS = make_blobs(90, centers=[[0, 0], [9, 0], [0, 9]], random_state=0)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_weight_of_one_it_is_scikit_learns(kind: str) -> None:
    options: dict[str, Any] = {"covariance_type": kind, "n_init": 3, "reg_covar": 1e-3, "random_state": 7}
    ours = GaussianMixture(5, **options).fit(DIGITS[:300], sample_weight=np.ones(300))
    theirs = sklearn.mixture.GaussianMixture(5, **options).fit(DIGITS[:300])
    assert abs(ours.score(DIGITS[:300]) - theirs.score(DIGITS[:300])) < 1e-6
    assert ours.score(DIGITS[300:]) == pytest.approx(theirs.score(DIGITS[300:]), abs=1e-6)
    assert (ours.n_iter_, ours.converged_) == (theirs.n_iter_, theirs.converged_)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_)
    assert ours.precisions_ == pytest.approx(theirs.precisions_, rel=1e-6)
    assert (ours.fit_predict(DIGITS[:300], sample_weight=np.full(300, 1.0)) == theirs.predict(DIGITS[:300])).all()


def test_without_weights_it_is_scikit_learns_to_the_last_bit() -> None:
    ours, theirs = (kind(3, random_state=1).fit(DIGITS) for kind in (GaussianMixture, sklearn.mixture.GaussianMixture))
    assert (ours.score_samples(DIGITS) == theirs.score_samples(DIGITS)).all()
    assert (GaussianMixture(3, random_state=1).fit_predict(DIGITS) == theirs.predict(DIGITS)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_weight_is_as_many_copies(kind: str) -> None:
    weight = np.random.default_rng(0).integers(0, 5, 90)
    ours = GaussianMixture(3, covariance_type=kind, tol=1e-9, max_iter=500, random_state=0)
    ours.fit(BLOBS, sample_weight=weight)
    copies = sklearn.mixture.GaussianMixture(3, covariance_type=kind, tol=1e-9, max_iter=500, random_state=0)
    copies.fit(np.repeat(BLOBS, weight, axis=0))
    assert ours.score_samples(BLOBS) == pytest.approx(copies.score_samples(BLOBS), abs=1e-6)
    alone = sklearn.mixture.GaussianMixture(3, covariance_type=kind, random_state=0).fit(BLOBS)
    assert abs(ours.score_samples(BLOBS) - alone.score_samples(BLOBS)).max() > 0.05


def test_a_start_is_the_k_means_of_the_weighted_points() -> None:
    line = np.array(
        [[0.0], [1.0], [10.0], [14.0], [30.0]]
    )  # heavy first points have the two clusters part between them
    weight = np.array([1e4, 1e4, 1.0, 1.0, 1e-2])
    mixture = GaussianMixture(2, max_iter=1, reg_covar=1e-9, n_init=5, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mixture.fit(line, sample_weight=weight)
    kmeans = KMeans(2, n_init=5, random_state=0).fit(line, sample_weight=weight)
    assert sorted(mixture.means_.ravel()) == pytest.approx(sorted(kmeans.cluster_centers_.ravel()), rel=0.01)
    assert KMeans(2, n_init=5, random_state=0).fit(line).labels_.tolist() != kmeans.labels_.tolist()


def test_the_scale_of_all_weights_is_nothing() -> None:
    one, half = (
        GaussianMixture(3, random_state=0).fit(BLOBS, sample_weight=np.full(90, weight)) for weight in (1.0, 0.5)
    )
    assert one.score_samples(BLOBS) == pytest.approx(half.score_samples(BLOBS))


def test_each_step_raises_the_weighted_likelihood() -> None:
    weight = np.random.default_rng(1).random(300) * 3
    mixture = GaussianMixture(5, reg_covar=0, tol=0, max_iter=30, random_state=0)
    with pytest.warns(ConvergenceWarning, match="EM did not converge in max_iter=30 steps"):
        mixture.fit(DIGITS[:300], sample_weight=weight)
    assert (np.diff(mixture.lower_bounds_) > -1e-9).all()
    reached = np.average(mixture.score_samples(DIGITS[:300]), weights=weight)
    assert reached == pytest.approx(mixture.lower_bounds_[-1], abs=0.01)


@pytest.mark.parametrize(
    ("options", "weight", "message"),
    [
        ({"init_params": "random"}, 1, "init_params=random: must be kmeans with sample weights"),
        ({"warm_start": True}, 1, "warm_start=True: must be False with sample weights"),
        ({"max_iter": 0}, 1, "max_iter=0: must be ≥ 1 with sample weights"),
        ({"n_components": 91}, 1, "n_components=91: must be ≤ n_samples=90 of a weight above 0"),
        ({}, 0, "must contain at least one non-zero"),
        ({}, -1, "Negative values"),
    ],
)
def test_what_is_not_known_with_weights_is_refused(options: dict[str, Any], weight: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**({"n_components": 2} | options)).fit(BLOBS, sample_weight=np.full(90, weight))


@pytest.mark.parametrize("kind", KINDS)
def test_a_covariance_that_is_no_covariance_names_the_key(kind: str) -> None:
    mixture = GaussianMixture(1, covariance_type=kind, reg_covar=0)
    with pytest.raises(ValueError, match="reg_covar=0: too small"):
        mixture.fit(np.zeros((5, 2)), sample_weight=np.ones(5))
