"""The ex-post mixture finds what is there, and does not memorise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.generators.mixture.latent import fit_latent_mixture


def fit(latent: Tensor, max_components: int = 8, regularization: float = 1e-3) -> GaussianMixtureDensity:
    return fit_latent_mixture(latent, max_components=max_components, regularization=regularization, seed=0)


def covariances(mixture: GaussianMixtureDensity) -> Tensor:
    factors = mixture.factors if mixture.factors.ndim == 3 else mixture.factors.diag_embed()
    return factors @ factors.mT


def three_components(n: int, *, spread: Tensor | None = None) -> Tensor:
    """Points of shares .5, .3 and .2 around three means ten apart, in two dimensions."""
    rng = torch.Generator().manual_seed(0)
    means = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    which = torch.multinomial(torch.tensor([0.5, 0.3, 0.2]), n, replacement=True, generator=rng)
    noise = torch.randn(n, 2, generator=rng)
    return means[which] + (noise if spread is None else noise @ spread)


def nearest_other(points: Tensor) -> Tensor:
    """Distance of each point to the nearest other one."""
    return torch.cdist(points, points).fill_diagonal_(torch.inf).min(dim=1).values


def test_the_lowest_bic_finds_the_three_components() -> None:
    mixture = fit(three_components(600))
    order = mixture.means.sum(1).argsort()
    assert len(mixture.weights) == 3
    assert sorted(mixture.weights.tolist()) == pytest.approx([0.2, 0.3, 0.5], abs=0.06)
    assert mixture.means[order[0]].abs().max() < 0.3


@pytest.mark.parametrize(
    ("spread", "name"),
    [
        (torch.eye(2), "spherical"),
        (torch.diag(torch.tensor([0.3, 2.0])), "diag"),
        (torch.tensor([[1.0, 1.5], [0.0, 0.5]]), "full"),
    ],
    ids=["spherical", "diag", "full"],
)
def test_the_covariance_is_of_the_type_that_the_points_have(spread: Tensor, name: str) -> None:
    found = covariances(fit(three_components(600, spread=spread)))
    torch.testing.assert_close(found.mean(0).float(), spread.T @ spread, rtol=0.15, atol=0.15)
    off_diagonal, variances = found[:, 0, 1], found.diagonal(dim1=1, dim2=2)
    assert bool((off_diagonal == 0).all()) == (name != "full")
    assert torch.allclose(variances[:, 0], variances[:, 1]) == (name == "spherical")


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture = fit(three_components(600, spread=torch.tensor([[1.0, 1.5], [0.0, 0.5]])))
    points = mixture.sample(40_000, torch.Generator().manual_seed(1)).double()
    mean = mixture.weights @ mixture.means
    around = mixture.means - mean
    covariance = torch.einsum("k,ki,kj->ij", mixture.weights, around, around)
    covariance += torch.einsum("k,kij->ij", mixture.weights, covariances(mixture))
    torch.testing.assert_close(points.mean(0), mean, rtol=0, atol=0.1)
    torch.testing.assert_close(points.T.cov(), covariance, rtol=0.03, atol=0.3)


@pytest.mark.parametrize("latent_dim", [2, 4, 8, 16, 32])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_fifty_points_of_one_cloud_are_not_memorised(latent_dim: int, scale: float) -> None:
    # Up to 25 components are on offer. With one on each point, likelihood is bounded by the regularisation alone.
    points = scale * torch.randn(50, latent_dim, generator=torch.Generator().manual_seed(latent_dim))
    mixture = fit(points, max_components=25)
    assert len(mixture.weights) <= 2
    samples = mixture.sample(500, torch.Generator().manual_seed(0))
    distance = torch.cdist(samples, points).min(dim=1).values
    assert distance.min() > 0
    assert distance.median() > 0.5 * nearest_other(points).median()


def test_a_point_far_from_all_others_gets_no_component_of_its_own() -> None:
    points = torch.cat([torch.randn(49, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([[40.0, 40.0]])])
    samples = fit(points).sample(2000, torch.Generator().manual_seed(0))
    assert (torch.cdist(samples, points[-1:]) < 0.5).float().mean() < 0.005


def test_the_scale_of_the_latent_changes_nothing_but_the_scale() -> None:
    small, large = fit(three_components(300)), fit(1e6 * three_components(300))
    torch.testing.assert_close(large.means, 1e6 * small.means, rtol=1e-4, atol=1.0)
    torch.testing.assert_close(large.factors, 1e6 * small.factors, rtol=1e-4, atol=1.0)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_few_points_have_a_mixture_too(n: int) -> None:
    points = torch.randn(n, 4, generator=torch.Generator().manual_seed(0))
    assert fit(points).sample(10, torch.Generator().manual_seed(0)).isfinite().all()


def test_latents_that_are_all_the_same_have_a_mixture_too() -> None:
    samples = fit(torch.ones(20, 3)).sample(50, torch.Generator().manual_seed(0))
    torch.testing.assert_close(samples, torch.ones(50, 3), rtol=0, atol=0.2)


def test_the_same_seed_gives_the_same_mixture_and_sample() -> None:
    first, second = (fit(three_components(100)) for _ in range(2))
    assert torch.equal(first.means, second.means)
    samples = [mixture.sample(20, torch.Generator().manual_seed(4)) for mixture in (first, second)]
    assert torch.equal(*samples)


@pytest.mark.parametrize("spread", [None, torch.tensor([[1.0, 1.5], [0.0, 0.5]])], ids=["spherical", "full"])
def test_a_mixture_of_a_checkpoint_is_the_same(spread: Tensor | None) -> None:
    fitted = fit(three_components(100, spread=spread))
    read = GaussianMixtureDensity.of_state(
        {f"mixture.{key}": value for key, value in fitted.state_dict().items()}, "mixture."
    )
    samples = [mixture.sample(20, torch.Generator().manual_seed(4)) for mixture in (fitted, read)]
    assert torch.equal(*samples)
