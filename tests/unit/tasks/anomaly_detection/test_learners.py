"""Detectors: scikit-learn's checks, closed forms, and new points that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA

from synthmix.tasks.anomaly_detection.learners.covariance import MahalanobisDetector
from synthmix.tasks.anomaly_detection.learners.nearest import NearestNeighborDetector
from synthmix.tasks.anomaly_detection.learners.reconstruction import ReconstructionErrorDetector
from synthmix.tasks.anomaly_detection.learners.tails import EcodDetector

RNG = np.random.default_rng(0)
TRAIN, NEW = RNG.normal(size=(80, 4)), RNG.normal(size=(30, 4))
DETECTORS = [NearestNeighborDetector(), MahalanobisDetector(), ReconstructionErrorDetector(), EcodDetector()]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: type(detector).__name__)
def test_far_points_are_the_least_normal_and_scores_do_not_depend_on_the_others(detector: Any) -> None:
    fitted = detector.fit(TRAIN)
    together, far = fitted.score_samples(NEW), fitted.score_samples(np.full((1, 4), 50.0))
    assert far < together.min()
    assert [fitted.score_samples(NEW[i : i + 1])[0] for i in range(5)] == pytest.approx(together[:5])


def test_the_distance_to_the_kth_neighbour() -> None:
    distances = np.sort(np.linalg.norm(NEW[:, None] - TRAIN[None], axis=2), axis=1)
    assert NearestNeighborDetector(3).fit(TRAIN).score_samples(NEW) == pytest.approx(-distances[:, 2])
    with pytest.raises(ValueError, match="n_neighbors=81: must be from 1 to n_samples=80"):
        NearestNeighborDetector(81).fit(TRAIN)


def test_the_shrunk_mahalanobis_distance() -> None:
    fit = LedoitWolf().fit(TRAIN)
    expected = [-(mahalanobis(point, fit.location_, fit.precision_) ** 2) for point in NEW]
    assert MahalanobisDetector().fit(TRAIN).score_samples(NEW) == pytest.approx(expected)


def test_fewer_points_than_columns_have_a_distance_too() -> None:
    assert np.isfinite(MahalanobisDetector().fit(TRAIN[:3]).score_samples(NEW)).all()


def test_the_error_of_a_reconstruction() -> None:
    pca = PCA(0.5, svd_solver="full").fit(TRAIN)
    error = ((NEW - pca.inverse_transform(pca.transform(NEW))) ** 2).sum(axis=1)
    assert ReconstructionErrorDetector(0.5).fit(TRAIN).score_samples(NEW) == pytest.approx(-error)


def test_tails_of_one_column_by_hand() -> None:
    detector = EcodDetector().fit(np.array([[0.0], [1.0], [2.0], [10.0]]))  # skewed to the right
    # Of 2.0: three of four points are at most as large, two at least as large; the greatest of the three sums counts.
    assert detector.score_samples([[2.0]]) == pytest.approx([np.log(2 / 5)])
    assert detector.score_samples([[99.0]]) == pytest.approx([np.log(1 / 5)])
    assert detector.score_samples([[-99.0]]) == pytest.approx([np.log(1 / 5)])


def test_a_constant_column_tells_nothing() -> None:
    constant = np.c_[TRAIN[:, :1], np.full(80, 3.0)]
    same = EcodDetector().fit(constant).score_samples(np.c_[NEW[:, :1], np.full(30, 3.0)])
    alone = EcodDetector().fit(TRAIN[:, :1]).score_samples(NEW[:, :1])
    assert np.argsort(same).tolist() == np.argsort(alone).tolist()
