from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from synthmix.spec import DataSpec
from synthmix.tasks.clustering.deep.autoencoder import Autoencoder, AutoencoderNet
from synthmix.tasks.clustering.deep.base import DeepClusterer
from synthmix.tasks.clustering.deep.embedded import (
    DeepEmbeddedClustering,
    ImprovedDeepEmbeddedClustering,
    log_assignment,
    target_distribution,
)
from synthmix.tasks.clustering.deep.n2d import N2D
from synthmix.tasks.clustering.deep.vade import VadeNet, VariationalDeepEmbedding
from synthmix.tasks.clustering.task import Clustering
from synthmix.tasks.mixture import GaussianMixture

X, Y = make_blobs(240, centers=4, n_features=6, cluster_std=0.7, random_state=1)
TRAINED = [DeepEmbeddedClustering, ImprovedDeepEmbeddedClustering, VariationalDeepEmbedding]


def net(**more: Any) -> Autoencoder:
    return Autoencoder([16], **{"latent_dim": 3, "steps": 80, "batch_size": 64, "random_state": 0, **more})


FITTED = FrozenEstimator(net().fit(X[:160]))


def made(kind: type[DeepClusterer], **more: Any) -> Any:
    trained = {} if kind is N2D else {"steps": 60, "batch_size": 64, "n_init": 3}
    return kind(**{"n_clusters": 4, "pretraining": FITTED, "random_state": 0, **trained, **more})


@pytest.mark.parametrize("kind", TRAINED)
def test_blobs_come_out_as_clusters_on_points_never_seen(kind: type[DeepClusterer]) -> None:
    found = made(kind).fit(X[:160])
    assert adjusted_rand_score(Y[160:], found.predict(X[160:])) > 0.95
    np.testing.assert_array_equal(found.labels_, found.predict(X[:160]))
    assert found.transform(X[160:]).shape == (80, 3)


@pytest.mark.parametrize("kind", TRAINED)
def test_two_fits_are_equal_and_leave_the_global_random_states_alone(kind: type[DeepClusterer]) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    one, two = (made(kind, pretraining=net()).fit(X) for _ in range(2))
    np.testing.assert_array_equal(one.transform(X), two.transform(X))
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])


@pytest.mark.parametrize("kind", TRAINED)
def test_a_frozen_net_is_begun_with_and_left_as_it_is(kind: type[DeepClusterer]) -> None:
    before = FITTED.transform(X)
    found = made(kind, steps=1, learning_rate=1e-9).fit(X)
    np.testing.assert_allclose(found.transform(X), before, atol=1e-5)
    made(kind).fit(X)
    np.testing.assert_array_equal(FITTED.transform(X), before)
    with pytest.raises(ValueError, match="pretraining: of 6 features; must be 5"):
        made(kind).fit(X[:, :5])


def test_centres_start_from_kmeans_on_the_codes() -> None:
    found = made(DeepEmbeddedClustering, steps=1, learning_rate=1e-9, n_init=10).fit(X)
    expected = KMeans(4, n_init=10, random_state=0).fit_predict(FITTED.transform(X))
    assert adjusted_rand_score(expected, found.labels_) == 1


def test_assignment_and_target_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    codes, centers, weight = rng.normal(size=(7, 2)), rng.normal(size=(3, 2)), rng.uniform(size=7)
    q = np.array([[1 / (1 + ((z - c) ** 2).sum()) for c in centers] for z in codes])
    q /= q.sum(1, keepdims=True)
    p = q**2 / (weight[:, None] * q).sum(0)
    p /= p.sum(1, keepdims=True)
    log_q = log_assignment(torch.from_numpy(codes), torch.from_numpy(centers))
    np.testing.assert_allclose(log_q.exp(), q)
    np.testing.assert_allclose(target_distribution(log_q, torch.from_numpy(weight)), p)


def test_the_assignments_become_sharper_and_those_of_dec_by_more_than_the_reconstruction_allows() -> None:
    x = np.random.default_rng(0).normal(size=(200, 6))
    begun = FrozenEstimator(net(steps=300).fit(x))
    kinds = (DeepEmbeddedClustering, ImprovedDeepEmbeddedClustering)
    soft = {kind: made(kind, pretraining=begun, tol=0.0, steps=200).fit(x) for kind in kinds}
    first = made(DeepEmbeddedClustering, pretraining=begun, steps=1, learning_rate=1e-9).fit(x)
    sharpness = [found.soft_assignment(x).max(1).mean() for found in (first, *reversed(soft.values()))]
    assert sharpness == sorted(sharpness)
    assert soft[kinds[1]].losses(x).mean() < 2 * begun.estimator.losses(x).mean()


def test_it_ends_where_few_assignments_change_and_takes_all_steps_at_a_tolerance_of_0() -> None:
    settled = made(DeepEmbeddedClustering, steps=60, update_interval=10, tol=0.01).fit(X)
    assert settled.n_steps_ == 10  # of blobs that k-means has found already
    assert made(DeepEmbeddedClustering, steps=60, update_interval=10, tol=0.0).fit(X).n_steps_ == 60
    assert made(DeepEmbeddedClustering, limit_steps=3, tol=0.0).fit(X).n_steps_ == 3


@pytest.mark.parametrize("kind", TRAINED)
def test_points_of_weight_0_make_no_cluster(kind: type[DeepClusterer]) -> None:
    weight = (Y != 3).astype(float)
    found = made(kind, n_clusters=3, pretraining=net()).fit(X, sample_weight=weight)
    assert adjusted_rand_score(Y[Y != 3], found.labels_[Y != 3]) > 0.95
    with pytest.raises(ValueError, match="n_clusters=4: must be ≤ n_samples=3 of a weight above 0"):
        made(kind).fit(X, sample_weight=np.eye(240)[:3].sum(0))


def mixture(n_components: int) -> GaussianMixture:
    return GaussianMixture(n_components, covariance_type="diag", random_state=0).fit(FITTED.transform(X))


def test_the_held_out_bound_is_the_exact_likelihood_where_the_posterior_is_exact() -> None:
    """A linear decoder with orthonormal columns, one component: probabilistic principal components."""
    rng, noise = np.random.default_rng(0), 0.3
    columns = np.linalg.qr(rng.normal(size=(6, 3)))[0]
    vade = VadeNet(AutoencoderNet(6, [], 3), mixture(1)).double()
    with torch.no_grad():
        for layer, weight in ((vade.mean, columns.T / (1 + noise)), (vade.decoder[0], columns)):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.zero_()
        vade.log_variance.bias.fill_(np.log(noise / (1 + noise)))
        vade.centers.zero_()
        vade.log_spreads.zero_()
        vade.noise.fill_(noise)
    x = rng.normal(size=(5, 6))
    draws = torch.randn(4_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = -multivariate_normal(np.zeros(6), columns @ columns.T + noise * np.eye(6)).logpdf(x)
    np.testing.assert_allclose(vade.negative_bound(torch.from_numpy(x), draws), exact, atol=0.15)


def test_the_held_out_loss_of_vade_is_a_density_in_the_units_of_the_points() -> None:
    one, other = (made(VariationalDeepEmbedding, pretraining=net()).fit(points) for points in (X, 4 * X))
    np.testing.assert_allclose(other.losses(4 * X), one.losses(X) + 6 * np.log(4), rtol=1e-6)


def test_the_divergence_is_that_of_the_distributions() -> None:
    found = VadeNet(FITTED.estimator.net_, mixture(4))
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    mean, log_variance = z + 0.1, torch.full((5, 3), -1.0)
    components = Independent(Normal(found.centers, (0.5 * found.log_spreads).exp()), 1)
    whole = MixtureSameFamily(Categorical(logits=found.logits), components)
    torch.testing.assert_close(found.log_components(z).logsumexp(1), whole.log_prob(z))
    gamma = Categorical(logits=found.log_components(z))
    posterior = Independent(Normal(mean[:, None], (0.5 * log_variance[:, None]).exp()), 1)
    expected = (gamma.probs * kl_divergence(posterior, components)).sum(1)
    expected = expected + kl_divergence(gamma, Categorical(logits=found.logits))
    torch.testing.assert_close(found.divergence(z, mean, log_variance), expected)


def test_n2d_assigns_points_never_seen_and_is_not_fitted_anew_to_be_judged() -> None:
    pytest.importorskip("umap")
    task = Clustering(estimator=made(N2D, n_components=2), spec=DataSpec("t", "table", (6,), None, 4))
    outputs = task.fit(X[:160], None, 0).outputs(X[160:])
    assert adjusted_rand_score(Y[160:], outputs["assignments"]) > 0.95
    assert {*outputs} == {"assignments"}
    assert task.estimator.transform(X[160:]).shape == (80, 3)


def test_which_of_them_are_judged_without_labels() -> None:
    judged = {}
    for kind in (DeepEmbeddedClustering, ImprovedDeepEmbeddedClustering):
        task = Clustering(estimator=made(kind, limit_steps=2), spec=DataSpec("t", "table", (6,), None, 4))
        judged[kind] = {*task.fit(X[:160], None, 0).outputs(X[160:])}
    assert judged == {
        DeepEmbeddedClustering: {"assignments"},
        ImprovedDeepEmbeddedClustering: {"assignments", "held_out_loss"},
    }
