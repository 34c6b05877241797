"""The losses against torch.distributions, and against the published formulas on probabilities."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy

from synthmix.generators.losses import bernoulli_nll, discriminator_loss, gaussian_kl, gaussian_nll, generator_loss


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def real_logits(rng: torch.Generator) -> Tensor:
    return 3 * torch.randn(64, 1, generator=rng)


@pytest.fixture
def fake_logits(rng: torch.Generator) -> Tensor:
    return 3 * torch.randn(48, 1, generator=rng)


def test_discriminator_loss_is_the_cross_entropy_of_real_as_one_and_fake_as_zero(
    real_logits: Tensor, fake_logits: Tensor
) -> None:
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    expected = binary_cross_entropy(real, torch.ones_like(real)) + binary_cross_entropy(fake, torch.zeros_like(fake))
    torch.testing.assert_close(discriminator_loss(real_logits, fake_logits), expected)


def test_generator_loss_is_the_cross_entropy_of_fake_as_one(fake_logits: Tensor) -> None:
    fake = fake_logits.sigmoid()
    torch.testing.assert_close(generator_loss(fake_logits), binary_cross_entropy(fake, torch.ones_like(fake)))


def test_a_discriminator_that_cannot_tell_pays_log_four_and_the_generator_log_two() -> None:
    # Goodfellow et al. 2014, theorem 1.
    undecided = torch.zeros(10, 1)
    torch.testing.assert_close(discriminator_loss(undecided, undecided), torch.tensor(4.0).log())
    torch.testing.assert_close(generator_loss(undecided), torch.tensor(2.0).log())


def test_descent_raises_d_of_real_and_lowers_d_of_fake_for_the_discriminator(
    real_logits: Tensor, fake_logits: Tensor
) -> None:
    real, fake = real_logits.requires_grad_(), fake_logits.requires_grad_()
    discriminator_loss(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


def test_descent_raises_d_of_fake_for_the_generator(fake_logits: Tensor) -> None:
    fake = fake_logits.requires_grad_()
    generator_loss(fake).backward()
    assert fake.grad is not None
    assert (fake.grad < 0).all()


def test_the_generator_learns_most_where_the_discriminator_is_sure() -> None:
    # Non-saturating: the gradient of −log σ(l) is σ(l) − 1, which is −1 where D is certain of a fake.
    fake = torch.tensor([[-30.0], [30.0]], requires_grad=True)
    generator_loss(fake).backward()
    assert fake.grad is not None
    torch.testing.assert_close(2 * fake.grad, torch.tensor([[-1.0], [0.0]]))


def test_adversarial_losses_stay_finite_where_a_probability_would_round() -> None:
    sure = torch.tensor([[500.0]])
    torch.testing.assert_close(discriminator_loss(-sure, sure), torch.tensor(1000.0))
    torch.testing.assert_close(generator_loss(-sure), torch.tensor(500.0))


def test_adversarial_losses_are_not_rounded_under_autocast(real_logits: Tensor, fake_logits: Tensor) -> None:
    real, fake = real_logits.bfloat16(), fake_logits.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        losses = discriminator_loss(real, fake), generator_loss(fake)
    torch.testing.assert_close(losses, (discriminator_loss(real.float(), fake.float()), generator_loss(fake.float())))


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
