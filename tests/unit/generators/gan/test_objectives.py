"""The games of adversarial nets: losses against the published formulas, and penalties against known slopes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy

from synthmix.generators.gan.objectives import (
    OBJECTIVES,
    Judge,
    Judged,
    Loss,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_r2_penalty,
)


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


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_descent_parts_real_from_fake_and_brings_fake_to_real(
    loss: Loss, real_logits: Tensor, fake_logits: Tensor
) -> None:
    objective = OBJECTIVES[loss]
    real, fake = real_logits[:48].clamp(-0.9, 0.9).requires_grad_(), fake_logits.clamp(-0.9, 0.9).requires_grad_()
    r, f = torch.autograd.grad(objective.discriminator(real, fake), (real, fake))
    assert r.sum() < 0 < f.sum()
    (f,) = torch.autograd.grad(objective.generator(fake - real if objective.relative else fake), (fake,))
    assert f.sum() < 0


@pytest.mark.parametrize("loss", sorted(OBJECTIVES))
def test_a_blind_discriminator_has_the_least_loss_of_one_logit_for_all(loss: Loss) -> None:
    objective = OBJECTIVES[loss]
    same = [torch.full((5, 1), logit) for logit in torch.linspace(-4, 4, 801).tolist()]
    losses = [float(objective.discriminator(logits, logits)) for logits in same]
    apart = float(objective.discriminator(torch.full((5, 1), 1e3), torch.full((5, 1), -1e3)))
    if objective.trivial_loss is None:
        assert apart < -1e3
    else:
        assert min(losses) == pytest.approx(objective.trivial_loss, rel=1e-6)
        assert loss == "least_squares" or apart == 0


def test_least_squares_by_hand() -> None:
    # Mao et al. 2017: D wants 1 for real and 0 for fake, G wants 1.
    real, fake = torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [2.0]])
    objective = OBJECTIVES["least_squares"]
    assert float(objective.discriminator(real, fake)) == pytest.approx(0.5 * 2 + 0.5 * 2)
    assert float(objective.generator(fake)) == pytest.approx(0.5 * 1)


def test_the_hinge_forgets_points_that_are_told_apart_well() -> None:
    objective = OBJECTIVES["hinge"]
    real, fake = torch.tensor([[1.5], [0.5]]), torch.tensor([[-3.0], [0.0]])
    assert float(objective.discriminator(real, fake)) == pytest.approx(0.25 + 0.5)
    assert float(objective.generator(fake)) == pytest.approx(1.5)


def test_wasserstein_is_the_difference_of_means(real_logits: Tensor, fake_logits: Tensor) -> None:
    objective = OBJECTIVES["wasserstein"]
    torch.testing.assert_close(
        objective.discriminator(real_logits, fake_logits), fake_logits.mean() - real_logits.mean()
    )
    torch.testing.assert_close(objective.generator(fake_logits), -fake_logits.mean())


def test_a_relativistic_pair_is_judged_by_its_difference(real_logits: Tensor, fake_logits: Tensor) -> None:
    objective, real = OBJECTIVES["relativistic"], real_logits[:48]
    above = (real - fake_logits).sigmoid()  # that the real one is real
    torch.testing.assert_close(objective.discriminator(real, fake_logits), -above.log().mean())
    torch.testing.assert_close(objective.generator(fake_logits - real), -(1 - above).log().mean())
    # Nothing changes where both are raised alike: only the difference counts.
    torch.testing.assert_close(
        objective.discriminator(real + 5, fake_logits + 5), objective.discriminator(real, fake_logits)
    )


SLOPE = torch.tensor([[3.0], [4.0]])  # of length 5 everywhere


def plane(points: Tensor) -> Tensor:
    return points @ SLOPE


def of(penalty: Callable[[Judge, Judged, Judged], Tensor], judge: Judge, real: Tensor, fake: Tensor) -> float:
    return float(penalty(judge, Judged.by(judge, real), Judged.by(judge, fake)).detach())


def test_penalties_of_a_plane_are_known() -> None:
    real, fake = torch.randn(20, 2), torch.randn(20, 2)
    assert of(gradient_penalty, plane, real, fake) == pytest.approx((5 - 1) ** 2)
    assert of(r1_r2_penalty, plane, real, fake) == pytest.approx(25)


def test_r1_is_of_the_real_points_and_r2_of_the_fake_ones() -> None:
    def bowl(points: Tensor) -> Tensor:
        return 0.5 * points.square().sum(1, keepdim=True)  # its slope is the point itself

    real, fake = torch.full((6, 1), 2.0), torch.full((6, 1), 4.0)
    assert of(r1_r2_penalty, bowl, real, fake) == pytest.approx((2**2 + 4**2) / 2)
    places = [of(gradient_penalty, bowl, real, fake) for _ in range(50)]
    assert all((2 - 1) ** 2 <= value <= (4 - 1) ** 2 for value in places)  # between the two
    assert max(places) - min(places) > 0.1


def test_a_discriminator_without_a_slope_can_be_taught_one() -> None:
    net, real, fake = nn.Linear(3, 1), torch.randn(9, 3), torch.randn(9, 3)
    nn.init.zeros_(net.weight)
    gradient_penalty(net, Judged.by(net, real), Judged.by(net, fake)).backward()
    assert net.weight.grad is not None
    assert net.weight.grad.isfinite().all()


def test_a_penalty_teaches_the_discriminator(rng: torch.Generator) -> None:
    torch.manual_seed(0)
    net, real, fake = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(9, 3), torch.randn(9, 3)
    r1_r2_penalty(net, Judged.by(net, real), Judged.by(net, fake)).backward()
    assert net[0].weight.grad is not None
    assert net[0].weight.grad.abs().sum() > 0
