"""The loss of each point, against closed forms and scikit-learn's own sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import DBSCAN, Birch, KMeans, MiniBatchKMeans
from sklearn.ensemble import IsolationForest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from synthmix.tasks.anomaly_detection.learners.reconstruction import ReconstructionErrorDetector
from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tasks.losses import losses_of

RNG = np.random.default_rng(0)
TRAIN, NEW = RNG.normal(size=(80, 3)), RNG.normal(size=(30, 3)).astype(np.float32)


@pytest.mark.parametrize("estimator", [KMeans(4, random_state=0), MiniBatchKMeans(4, random_state=0)])
def test_of_centres_it_is_the_squared_distance_whose_sum_scikit_learn_minimises(estimator: Any) -> None:
    found = losses_of(estimator.fit(TRAIN), NEW)
    assert found is not None
    assert (found.dtype, found.shape) == (np.float64, (30,))
    assert found.sum() == pytest.approx(-estimator.score(NEW.astype(np.float64)))
    assert found == pytest.approx(np.min((NEW[:, None] - estimator.cluster_centers_) ** 2 @ np.ones(3), axis=1))


def test_of_a_mixture_it_is_minus_the_log_density() -> None:
    normal = multivariate_normal(TRAIN.mean(axis=0), np.cov(TRAIN.T, bias=True) + 0.01 * np.eye(3))
    for mixture in (GaussianMixture(1, reg_covar=0.01), GaussianMixtureClusterer(1, reg_covar=0.01)):
        assert losses_of(mixture.fit(TRAIN), NEW) == pytest.approx(-normal.logpdf(NEW))
    assert losses_of(BayesianGaussianMixture(n_components=2, random_state=0).fit(TRAIN), NEW) is not None


def test_of_a_map_it_is_the_distance_to_the_nearest_node() -> None:
    som = SelfOrganizingMap(4, 3, n_clusters=2, random_state=0).fit(TRAIN)
    distances = np.linalg.norm(NEW[:, None] - som.codebook_, axis=2).min(axis=1)
    assert losses_of(som, NEW) == pytest.approx(distances, rel=1e-5)
    assert som.quantization_error(NEW) == pytest.approx(distances.mean())


def test_of_a_reconstruction_it_is_its_error() -> None:
    detector = ReconstructionErrorDetector(0.5).fit(TRAIN)
    assert losses_of(detector, NEW) == pytest.approx(-detector.score_samples(NEW))


@pytest.mark.parametrize("estimator", [DBSCAN(), Birch(), IsolationForest(n_estimators=3)])
def test_a_score_that_is_no_density_is_no_loss(estimator: Any) -> None:
    assert losses_of(estimator.fit(TRAIN), NEW) is None


def test_an_estimators_own_loss_wins() -> None:
    class Own(KMeans):
        def losses(self, X: Any) -> Any:
            return np.arange(len(X))

    found = losses_of(Own(2, random_state=0).fit(TRAIN), NEW)
    assert found is not None
    assert found.dtype == np.float64
    assert found.tolist() == list(range(30))


def test_far_from_the_origin_no_digits_are_lost() -> None:
    offset = np.float32(2**12)
    kmeans = KMeans(4, random_state=0).fit((TRAIN + offset).astype(np.float32))
    near = losses_of(kmeans, (NEW + offset).astype(np.float32))
    moved = kmeans.cluster_centers_.astype(np.float64) - offset
    exact = np.min(((((NEW + offset).astype(np.float64) - offset)[:, None] - moved) ** 2).sum(axis=2), axis=1)
    assert near == pytest.approx(exact, rel=1e-6)
