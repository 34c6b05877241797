"""Each clusterer passes scikit-learn's checks, but for those that scikit-learn's own class of that name fails too.

A mixture starts from scikit-learn's k-means, whose draws differ for a weight and for as many copies.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.util import find_spec

import pytest
from sklearn import cluster
from sklearn.base import BaseEstimator
from sklearn.mixture import GaussianMixture
from sklearn.utils.estimator_checks import check_estimator

from synthmix.tasks.clustering.deep.autoencoder import Autoencoder
from synthmix.tasks.clustering.deep.embedded import DeepEmbeddedClustering, ImprovedDeepEmbeddedClustering
from synthmix.tasks.clustering.deep.vade import VariationalDeepEmbedding
from synthmix.tasks.clustering.learners.dbscan import DBSCAN
from synthmix.tasks.clustering.learners.gmm import GaussianMixtureClusterer
from synthmix.tasks.clustering.learners.graph.agglomerative import AgglomerativeClusterer
from synthmix.tasks.clustering.learners.graph.spectral import SpectralClusterer
from synthmix.tasks.clustering.learners.hdbscan import HDBSCAN
from synthmix.tasks.clustering.learners.mixed.gower import GowerKMedoids
from synthmix.tasks.clustering.learners.mixed.kprototypes import KPrototypes
from synthmix.tasks.clustering.learners.prototypes.birch import BirchClusterer
from synthmix.tasks.clustering.learners.prototypes.kmedoids import KMedoids
from synthmix.tasks.clustering.learners.prototypes.trimmed_kmeans import TrimmedKMeans
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap

needs_kmedoids = pytest.mark.skipif(find_spec("kmedoids") is None, reason="no kmedoids")


def failing(estimator: BaseEstimator) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # many checks give too few points on purpose
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    return {result["check_name"] for result in results if result["status"] == "failed"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (DBSCAN(), [cluster.DBSCAN()]),
        (DBSCAN("auto"), [cluster.DBSCAN()]),
        (DBSCAN("auto", eps_quantile=0.5), [cluster.DBSCAN()]),
        (GaussianMixtureClusterer(), [GaussianMixture(), cluster.KMeans()]),
    ],
    ids=["dbscan", "dbscan with eps=auto", "dbscan with a quantile", "gmm"],
)
def test_fails_no_check_that_sklearns_own_class_passes(ours: BaseEstimator, theirs: Sequence[BaseEstimator]) -> None:
    assert failing(ours) <= set().union(*map(failing, theirs))


@pytest.mark.parametrize("neighbourhood", ["gaussian", "bubble"])
def test_the_map_which_sklearn_does_not_have_passes_all_checks(neighbourhood: str) -> None:
    assert failing(SelfOrganizingMap(6, 5, neighbourhood=neighbourhood)) == set()


@pytest.mark.parametrize(
    "ours",
    [
        *(HDBSCAN(), BirchClusterer(), SpectralClusterer(), AgglomerativeClusterer()),
        AgglomerativeClusterer(n_neighbors=None),
        *(TrimmedKMeans(), TrimmedKMeans(trim=0)),
        pytest.param(KMedoids(), marks=needs_kmedoids),
        pytest.param(KMedoids(sample_size=12), marks=needs_kmedoids),
        pytest.param(GowerKMedoids(), marks=needs_kmedoids),
        KPrototypes(),
    ],
    ids=repr,
)
def test_passes_all_checks(ours: BaseEstimator) -> None:
    assert failing(ours) == set()


NET = Autoencoder([8], latent_dim=2, steps=20, batch_size=32)
SHORT = {"pretraining": NET, "steps": 10, "batch_size": 32, "n_init": 2}


@pytest.mark.parametrize(
    "ours",
    [
        NET,
        DeepEmbeddedClustering(**SHORT),
        ImprovedDeepEmbeddedClustering(**SHORT),
        VariationalDeepEmbedding(**SHORT),
    ],
    ids=["autoencoder", "dec", "idec", "vade"],
)
def test_a_net_fails_but_the_check_that_a_weight_is_as_many_copies_to_the_last_bit(ours: BaseEstimator) -> None:
    """A minibatch holds other points where there are copies; a weight is a factor of the loss, the same in the mean."""
    assert failing(ours) <= {"check_sample_weight_equivalence_on_dense_data"}
