"""The density of a Gaussian mixture, against scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture import density as density_module
from synthmix.generators.mixture.density import Covariance, GaussianMixtureDensity, fit_by_em, mixture_log_prob


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """60 points of two elongated clusters in three dimensions."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)), rng.normal(6, 2, size=(20, 3))])


def fitted(points: np.ndarray, covariance: Covariance) -> GaussianMixture:
    return fit_by_em(GaussianMixture(2, covariance_type=covariance, random_state=0), torch.from_numpy(points))


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_the_density_is_that_of_scikit_learn(covariance: Covariance, points: np.ndarray) -> None:
    mixture = fitted(points, covariance)
    ours = GaussianMixtureDensity.of_mixture(mixture).log_prob(torch.from_numpy(points))
    np.testing.assert_allclose(ours.numpy(), mixture.score_samples(points), rtol=1e-10)


def test_many_points_are_scored_in_parts(points: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    density = GaussianMixtureDensity.of_mixture(fitted(points, "full"))
    whole = density.log_prob(torch.from_numpy(points))
    monkeypatch.setattr(density_module, "BATCH_VALUES", 70)  # eleven points of two means with three values
    assert torch.equal(density.log_prob(torch.from_numpy(points)), whole)


@pytest.mark.parametrize("diagonal", [True, False])
def test_samples_come_from_the_density(diagonal: bool) -> None:
    factors = torch.tensor([[2.0, 0.5], [2.0, 0.5]] if diagonal else [[[2.0, 0.0], [1.0, 0.5]]] * 2)
    density = GaussianMixtureDensity(torch.tensor([0.25, 0.75]), torch.tensor([[0.0, 0.0], [8.0, -8.0]]), factors)
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
    factors = torch.tensor([[[2.0, 0.0], [1.0, 0.5]]])
    density = GaussianMixtureDensity(torch.ones(1), torch.tensor([[1.0, -1.0]]), factors)
    x = torch.tensor([[0.0, 0.0], [3.0, -2.0]])
    reference = stats.multivariate_normal([1, -1], [[4, 2], [2, 1.25]]).logpdf(x.numpy())
    np.testing.assert_allclose(density.log_prob(x).numpy(), reference, rtol=1e-12)
