"""The losses of autoencoders against torch.distributions."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from synthmix.generators.autoencoder.losses import bernoulli_divergence, bernoulli_nll, gaussian_kl, gaussian_nll


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_bernoulli_nll_is_that_of_torch_distributions_summed_over_values(rng: torch.Generator) -> None:
    logits, x = torch.randn(16, 30, generator=rng), torch.rand(16, 30, generator=rng)
    log_prob = Bernoulli(logits=logits, validate_args=False).log_prob(x)
    torch.testing.assert_close(bernoulli_nll(logits, x), -log_prob.sum(dim=1).mean())


def test_gaussian_nll_is_that_of_torch_distributions_but_for_its_constant(rng: torch.Generator) -> None:
    mean, x = torch.randn(16, 30, generator=rng), torch.randn(16, 30, generator=rng)
    constant = -30 * Normal(0.0, 1.0).log_prob(torch.tensor(0.0))
    log_prob = Normal(mean, 1.0).log_prob(x)
    torch.testing.assert_close(gaussian_nll(mean, x) + constant, -log_prob.sum(dim=1).mean())


def test_gaussian_kl_is_that_of_torch_distributions_summed_over_the_latent(rng: torch.Generator) -> None:
    mean, log_variance = torch.randn(16, 5, generator=rng), torch.randn(16, 5, generator=rng)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


@pytest.mark.parametrize("loss", [bernoulli_nll, gaussian_nll, gaussian_kl])
def test_a_value_more_adds_to_a_loss_and_a_point_more_does_not(loss: object) -> None:
    assert callable(loss)
    a, b = torch.full((4, 10), 0.3), torch.full((4, 10), 0.6)
    once = loss(a, b)
    torch.testing.assert_close(loss(a.repeat(1, 2), b.repeat(1, 2)), 2 * once)
    torch.testing.assert_close(loss(a.repeat(3, 1), b.repeat(3, 1)), once)


@pytest.mark.parametrize("target", [0.05, 0.5])
def test_bernoulli_divergence_is_that_of_torch_distributions_for_the_mean_activations(
    target: float, rng: torch.Generator
) -> None:
    activation = torch.rand(16, 5, generator=rng)
    expected = kl_divergence(Bernoulli(target), Bernoulli(activation.mean(0))).sum()
    torch.testing.assert_close(bernoulli_divergence(activation, target), expected)
    torch.testing.assert_close(bernoulli_divergence(torch.full((4, 5), target), target), torch.tensor(0.0))


def test_bernoulli_divergence_of_units_that_are_never_or_always_on_is_finite() -> None:
    activation = torch.stack([torch.zeros(4), torch.ones(4)], dim=1).requires_grad_()
    divergence = bernoulli_divergence(activation, 0.05)
    divergence.backward()  # type: ignore[no-untyped-call]
    assert activation.grad is not None
    assert divergence.isfinite()
    assert activation.grad.isfinite().all()
