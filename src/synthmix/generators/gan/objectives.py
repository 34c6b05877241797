"""The published losses of adversarial nets on logits, and gradient penalties on the discriminator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

SQRT_EPSILON = 1e-12  # the gradient of a square root is infinite at 0
Judge = Callable[[Tensor], Tensor]  # points (N, ...) to logits (N, 1)


class Objective(NamedTuple):
    """The two losses of an adversarial game, averaged over points.

    Attributes:
        discriminator: of real and of fake logits, (N, 1) each.
        generator: of fake logits; where `relative`, of their differences to the logits of real points.
        trivial_loss: the discriminator's smallest loss with a constant logit; a perfect one has 0. None where the loss
            is unbounded below.
        relative: whether D compares each fake point with a real one (a relativistic GAN).
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    trivial_loss: float | None
    relative: bool = False


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """−E log D(x) − E log(1 − D(G(z))), with D = sigmoid(logit). Goodfellow et al. 2014, equation 1.

    −log σ(l) = softplus(−l), which stays finite where a probability would round to 0 or 1.
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """The non-saturating −E log D(G(z)). Goodfellow et al. 2014, section 3."""
    return F.softplus(-fake_logits).mean()


def least_squares_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """½ E (D(x) − 1)² + ½ E D(G(z))². Mao et al. 2017, equation 9 (a = 0, b = c = 1)."""
    return 0.5 * ((real_logits - 1).square().mean() + fake_logits.square().mean())


def least_squares_generator_loss(fake_logits: Tensor) -> Tensor:
    """½ E (D(G(z)) − 1)². Mao et al. 2017, equation 9."""
    return 0.5 * (fake_logits - 1).square().mean()


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))). Lim & Ye 2017; Miyato et al. 2018, equation 16."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E D(G(z)) − E D(x), the negative estimate of the Wasserstein distance. Arjovsky et al. 2017."""
    return fake_logits.mean() - real_logits.mean()


def critic_generator_loss(fake_logits: Tensor) -> Tensor:
    """−E D(G(z)). Of the hinge and the Wasserstein game alike."""
    return -fake_logits.mean()


def relativistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E softplus(−(D(x) − D(G(z)))) over pairs. Jolicoeur-Martineau 2019; Huang et al. 2024 (R3GAN), equation 2.

    G's is E softplus(−(D(G(z)) − D(x))): the non-saturating one of the difference.
    """
    return F.softplus(fake_logits - real_logits).mean()


Loss = Literal["non_saturating", "least_squares", "hinge", "wasserstein", "relativistic"]
OBJECTIVES: dict[Loss, Objective] = {
    "non_saturating": Objective(discriminator_loss, generator_loss, 2 * math.log(2)),
    "least_squares": Objective(least_squares_discriminator_loss, least_squares_generator_loss, 0.25),
    "hinge": Objective(hinge_discriminator_loss, critic_generator_loss, 2.0),
    "wasserstein": Objective(wasserstein_discriminator_loss, critic_generator_loss, None),
    "relativistic": Objective(relativistic_discriminator_loss, generator_loss, math.log(2), relative=True),
}


class Judged(NamedTuple):
    """Points (N, ...) and D's logits (N, 1) of them, differentiable by the points."""

    points: Tensor
    logits: Tensor

    @classmethod
    def by(cls, judge: Judge, points: Tensor) -> Judged:
        """Judges points, detached from what made them."""
        points = points.detach().requires_grad_()
        return cls(points, judge(points))


def gradient_penalty(judge: Judge, real: Judged, fake: Judged) -> Tensor:
    """E (‖∇D(x̂)‖ − 1)² at random places between pairs of real and fake points. Gulrajani et al. 2017, equation 3."""
    place = torch.rand(len(real.points), *[1] * (real.points.dim() - 1), device=real.points.device)
    between = Judged.by(judge, torch.lerp(fake.points, real.points, place))
    (squared,) = _squared_slopes(between)
    return ((squared + SQRT_EPSILON).sqrt() - 1).square().mean()


def r1_r2_penalty(judge: Judge, real: Judged, fake: Judged) -> Tensor:
    """½ E ‖∇D(x)‖² + ½ E ‖∇D(G(z))‖². Mescheder et al. 2018, equations 9 and 10; both in R3GAN (Huang et al. 2024)."""
    of_real, of_fake = _squared_slopes(real, fake)
    return 0.5 * (of_real.mean() + of_fake.mean())


Penalty = Literal["none", "gradient", "r1_r2"]
PENALTIES: dict[Penalty, Callable[[Judge, Judged, Judged], Tensor]] = {
    "gradient": gradient_penalty,
    "r1_r2": r1_r2_penalty,
}


def _squared_slopes(*judged: Judged) -> list[Tensor]:
    """‖∇D‖² at each point of each set, (N,), differentiable once more; in one pass, which costs less than two."""
    logits, points = [each.logits.sum() for each in judged], [each.points for each in judged]
    slopes = torch.autograd.grad(logits, points, create_graph=True)
    return [slope.flatten(1).square().sum(1) for slope in slopes]
