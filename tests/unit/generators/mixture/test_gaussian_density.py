"""The density of a Gaussian mixture, against scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture import gaussian_density
from synthmix.generators.mixture.gaussian_density import (
    Covariance,
    GaussianMixtureDensity,
    factors,
    fit_by_em,
    mixture_log_prob,
    n_parameters,
)

COVARIANCES = pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """60 points of two elongated clusters in three dimensions."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)), rng.normal(6, 2, size=(20, 3))])


def fitted(points: np.ndarray, covariance: Covariance, n_components: int = 2) -> GaussianMixture:
    return fit_by_em(points, n_components, covariance, regularization=1e-6, seed=0)


@COVARIANCES
def test_the_density_is_that_of_scikit_learn(covariance: Covariance, points: np.ndarray) -> None:
    mixture = fitted(points, covariance)
    ours = GaussianMixtureDensity.of_mixture(mixture).log_prob(torch.from_numpy(points))
    np.testing.assert_allclose(ours.numpy(), mixture.score_samples(points), rtol=1e-10)


@COVARIANCES
def test_the_factors_give_the_covariances(covariance: Covariance, points: np.ndarray) -> None:
    mixture = fitted(points, covariance)
    lower = factors(mixture)
    assert lower.shape == (2, 3, 3)
    reference = {
        "full": lambda: mixture.covariances_,
        "tied": lambda: np.stack([mixture.covariances_] * 2),
        "diag": lambda: np.stack([np.diag(row) for row in mixture.covariances_]),
        "spherical": lambda: np.stack([value * np.eye(3) for value in mixture.covariances_]),
    }[covariance]()
    np.testing.assert_allclose(lower @ lower.swapaxes(1, 2), reference, rtol=1e-10, atol=1e-12)


@COVARIANCES
@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_the_parameters_are_counted_as_scikit_learn_counts_them(
    covariance: Covariance, n_components: int, points: np.ndarray
) -> None:
    assert n_parameters(covariance, n_components, 3) == fitted(points, covariance, n_components)._n_parameters()


def test_many_points_are_scored_in_parts(points: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    density = GaussianMixtureDensity.of_mixture(fitted(points, "full"))
    whole = density.log_prob(torch.from_numpy(points))
    monkeypatch.setattr(gaussian_density, "AT_ONCE", 70)  # eleven points of two means with three values
    assert torch.equal(density.log_prob(torch.from_numpy(points)), whole)


@pytest.mark.parametrize("diagonal", [True, False])
def test_samples_come_from_the_density(diagonal: bool) -> None:
    density = GaussianMixtureDensity(2, 2, diagonal=diagonal)
    density.weights.copy_(torch.tensor([0.25, 0.75]))
    density.means.copy_(torch.tensor([[0.0, 0.0], [8.0, -8.0]]))
    factor = torch.tensor([[2.0, 0.5], [2.0, 0.5]] if diagonal else [[[2.0, 0.0], [1.0, 0.5]]] * 2)
    density.factors.copy_(factor)
    points = density.sample(20_000, torch.Generator().manual_seed(0)).double()
    near = points[points[:, 0] < points[:, 1] + 8]
    assert len(near) / 20_000 == pytest.approx(0.25, abs=0.015)
    expected = torch.tensor([[4.0, 0.0], [0.0, 0.25]] if diagonal else [[4.0, 2.0], [2.0, 1.25]], dtype=torch.float64)
    torch.testing.assert_close(near.T.cov(), expected, rtol=0.08, atol=0.08)


def test_the_logarithm_of_the_density_has_a_gradient() -> None:
    def log_prob(mean: Tensor) -> Tensor:
        x = torch.tensor([[0.3, -0.2]], dtype=torch.float64)
        means = torch.stack([mean, mean.new_tensor([1.0, 1.0])])
        factors = torch.tensor([[[1.0, 0.0], [0.5, 0.8]]] * 2, dtype=torch.float64)
        return mixture_log_prob(x, torch.tensor([0.4, 0.6]).double().log(), means, factors)

    assert torch.autograd.gradcheck(log_prob, torch.tensor([0.1, 0.2], dtype=torch.float64, requires_grad=True))


def test_one_component_is_the_normal_distribution_of_scipy() -> None:
    density = GaussianMixtureDensity(1, 2)
    density.means.copy_(torch.tensor([[1.0, -1.0]]))
    density.factors.copy_(torch.tensor([[[2.0, 0.0], [1.0, 0.5]]]))
    x = torch.tensor([[0.0, 0.0], [3.0, -2.0]])
    reference = stats.multivariate_normal([1, -1], [[4, 2], [2, 1.25]]).logpdf(x.numpy())
    np.testing.assert_allclose(density.log_prob(x).numpy(), reference, rtol=1e-12)
