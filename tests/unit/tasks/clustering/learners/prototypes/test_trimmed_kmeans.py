"""Trimmed k-means keeps its centres where k-means is pulled away, and is k-means where nothing is left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from synthmix.tasks.clustering.learners.prototypes.trimmed_kmeans import TrimmedKMeans

CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def blobs(n: int = 300) -> NDArray[np.float64]:
    return np.asarray(make_blobs(n, centers=CENTRES, cluster_std=0.5, random_state=0)[0])


def farthest(found: NDArray[np.float64]) -> float:
    """Of the true centres, the distance to the nearest of those found."""
    return float(np.linalg.norm(CENTRES[:, None] - found[None], axis=2).min(axis=1).max())


def with_outliers(seed: int = 1) -> NDArray[np.float64]:
    far = np.random.default_rng(seed).uniform(-200, 200, (30, 2))
    return np.concatenate([blobs(), far])


def test_outliers_cost_k_means_its_centres_and_trimmed_k_means_nothing() -> None:
    for seed in range(5):
        X = with_outliers(seed)
        trimmed = TrimmedKMeans(3, trim=0.12, random_state=seed).fit(X)
        assert farthest(trimmed.cluster_centers_) < 0.2
        assert farthest(KMeans(3, n_init=10, random_state=seed).fit(X).cluster_centers_) > 3
        far = np.linalg.norm(X[:, None] - CENTRES[None], axis=2).min(axis=1) > 5
        assert not trimmed.kept_[far].any()


def test_what_is_kept_weighs_what_it_should_and_is_nearer_than_the_rest() -> None:
    X, weight = with_outliers(), np.random.default_rng(0).integers(0, 4, 330).astype(float)
    fitted = TrimmedKMeans(3, trim=0.23, random_state=0).fit(X, sample_weight=weight)
    assert fitted.kept_ @ weight == pytest.approx(0.77 * weight.sum())
    losses, present = fitted.losses(X), weight > 0
    assert losses[present & (fitted.kept_ > 0)].max() <= losses[present & (fitted.kept_ == 0)].min()
    assert ((fitted.kept_ > 0) & (fitted.kept_ < 1)).sum() <= 1
    assert fitted.inertia_ == pytest.approx((fitted.kept_ * weight) @ losses**2)


def test_the_centres_are_the_means_of_what_is_kept() -> None:
    X = with_outliers()
    fitted = TrimmedKMeans(3, trim=0.15, random_state=0).fit(X)
    for k, centre in enumerate(fitted.cluster_centers_):
        kept = fitted.kept_ * (fitted.labels_ == k)
        np.testing.assert_allclose(centre, kept @ X / kept.sum())


def test_without_trimming_it_is_k_means() -> None:
    X = blobs()
    ours, theirs = TrimmedKMeans(3, trim=0, random_state=0).fit(X), KMeans(3, n_init=10, random_state=0).fit(X)
    assert ours.inertia_ == pytest.approx(theirs.inertia_)
    np.testing.assert_allclose(np.sort(ours.cluster_centers_, axis=0), np.sort(theirs.cluster_centers_, axis=0))


def test_a_weight_equals_copies_and_no_order_matters() -> None:
    X, weight = with_outliers(), np.random.default_rng(0).integers(0, 4, 330)
    weighted = TrimmedKMeans(3, trim=0.2, random_state=0).fit(X, sample_weight=weight)
    copied = TrimmedKMeans(3, trim=0.2, random_state=0).fit(np.repeat(X, weight, axis=0)[::-1])
    np.testing.assert_allclose(weighted.cluster_centers_, copied.cluster_centers_)


def test_an_offset_takes_no_digits() -> None:
    near, far = (TrimmedKMeans(3, random_state=0).fit(blobs() + offset) for offset in (0, 2**26))
    np.testing.assert_array_equal(near.labels_, far.labels_)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trim": 1.0}, r"trim=1.0: must be ≥ 0 and < 1"),
        ({"n_clusters": 0}, r"n_clusters=0: must be ≥ 1"),
        ({"n_clusters": 301}, r"n_clusters=301: must be ≤ n_samples=300"),
    ],
)
def test_what_is_out_of_range_is_said(given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrimmedKMeans(**given).fit(blobs())  # type: ignore[arg-type]
