"""Published reconstruction losses, and KL divergences that regularise a latent: to N(0, I), or to sparse units."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

MIN_VARIANCE = 1e-6  # of a decoder: the likelihood is unbounded as the reconstruction error goes to 0
MIN_ACTIVATION = 1e-6  # mean of a unit: the KL divergence is infinite at 0 and 1


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x | z) of independent Bernoulli pixels, x in [0, 1]; summed over values, mean over points.

    Kingma & Welling 2014, appendix C.1. Summed, not averaged: a mean over dimensions would multiply β by D.
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def gaussian_nll(mean: Tensor, x: Tensor) -> Tensor:
    """−log p(x | z) of a Gaussian of unit variance, up to its constant; summed over values, mean over points."""
    return 0.5 * F.mse_loss(mean, x, reduction="sum") / len(x)


def calibrated_gaussian_nll(mean: Tensor, x: Tensor) -> Tensor:
    """−log p(x | z) of a Gaussian whose variance is the minibatch's maximum likelihood one: D/2 (log(2π MSE) + 1).

    Summed over the D values, mean over points. Rybkin et al. 2021 (σ-VAE): with a fixed variance of 1 on standardised
    data the KL term outweighs all that a latent could explain, and the posterior collapses.
    """
    error = F.mse_loss(mean, x).clamp_min(MIN_VARIANCE)
    return 0.5 * x[0].numel() * (torch.log(2 * math.pi * error) + 1)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − log σ²); summed over the latent, mean over points.

    Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / len(mean)


def bernoulli_divergence(activation: Tensor, target: float) -> Tensor:
    """Σ_j KL(B(ρ) ‖ B(ρ̂_j)) = Σ_j ρ log(ρ / ρ̂_j) + (1 − ρ) log((1 − ρ) / (1 − ρ̂_j)), ρ̂_j the mean of activation j.

    Ng 2011, Lecture notes CS294A, Sparse autoencoder.

    Args:
        activation: (N, L) in [0, 1].
        target: ρ, in (0, 1).
    """
    mean = activation.mean(0).clamp(MIN_ACTIVATION, 1 - MIN_ACTIVATION)
    divergence = target * torch.log(target / mean) + (1 - target) * torch.log((1 - target) / (1 - mean))
    return divergence.sum()
