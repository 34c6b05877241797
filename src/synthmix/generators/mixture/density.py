"""The density of a Gaussian mixture, and scikit-learn's EM for it."""

from __future__ import annotations

import math
import warnings
from typing import Literal

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

Covariance = Literal["full", "tied", "diag", "spherical"]
AT_ONCE = 4_000_000  # values of a batch of differences between points and means


class GaussianMixtureDensity(nn.Module):
    """Weights (K,), means (K, L) and Cholesky factors, as float64 buffers, so that a checkpoint holds them.

    The factors are (K, L, L), lower triangular, or (K, L), the standard deviations of a diagonal covariance.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, weights: Tensor, means: Tensor, factors: Tensor) -> None:
        super().__init__()
        for name, value in (("weights", weights), ("means", means), ("factors", factors)):
            self.register_buffer(name, value.detach().double().clone(memory_format=torch.contiguous_format))

    @classmethod
    def of_state(cls, state: dict[str, Tensor], prefix: str = "") -> GaussianMixtureDensity:
        """What a checkpoint holds under `prefix`."""
        return cls(*(state[prefix + name] for name in ("weights", "means", "factors")))

    @classmethod
    def of_mixture(cls, mixture: GaussianMixture) -> GaussianMixtureDensity:
        """The density of a mixture fitted by EM."""
        n_components, dim = mixture.means_.shape
        if mixture.covariance_type in ("full", "tied"):
            factors = torch.from_numpy(np.linalg.cholesky(mixture.covariances_)).expand(n_components, dim, dim)
        else:
            factors = torch.from_numpy(np.sqrt(mixture.covariances_)).view(n_components, -1).expand(-1, dim)
        return cls(torch.from_numpy(mixture.weights_), torch.from_numpy(mixture.means_), factors)

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` points (n, L), float32."""
        which = torch.multinomial(self.weights, n, replacement=True, generator=rng)
        noise = torch.randn(n, self.means.shape[1], generator=rng, dtype=torch.float64)
        if self.factors.ndim == 2:
            return (self.means[which] + self.factors[which] * noise).float()
        return (self.means[which] + torch.einsum("nij,nj->ni", self.factors[which], noise)).float()

    def log_prob(self, x: Tensor) -> Tensor:
        """(N, L) → natural logarithms of the density (N,), float64."""
        size = max(1, AT_ONCE // self.means.numel())
        parts = torch.split(x.double(), size)
        return torch.cat([mixture_log_prob(part, self.weights.log(), self.means, self.factors) for part in parts])


def mixture_log_prob(x: Tensor, log_weights: Tensor, means: Tensor, factors: Tensor) -> Tensor:
    """log Σ_k π_k N(x; μ_k, L_k L_kᵀ) for points (N, L) → (N,); differentiable in all but the branch.

    `factors` as in `GaussianMixtureDensity`.
    """
    centred = x - means[:, None]
    if factors.ndim == 2:
        whitened, diagonals = centred / factors[:, None], factors
    else:
        whitened = torch.linalg.solve_triangular(factors, centred.mT, upper=False).mT
        diagonals = factors.diagonal(dim1=1, dim2=2)
    log_density = -0.5 * (whitened.square().sum(2) + x.shape[1] * math.log(2 * math.pi)).T - diagonals.log().sum(1)
    return torch.logsumexp(log_weights + log_density, dim=1)


def fit_by_em(mixture: GaussianMixture, points: Tensor) -> GaussianMixture:
    """Fits scikit-learn's mixture to points (N, L) in float64; in float32 a covariance can turn out indefinite.

    One that has not converged is as good as its likelihood, without a warning.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(points.double().numpy())
