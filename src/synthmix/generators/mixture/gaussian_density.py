"""The density of a Gaussian mixture, and scikit-learn's EM for it."""

from __future__ import annotations

import math
import warnings
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from synthmix.generators.mixture.model_selection import FEWEST_POINTS

Covariance = Literal["full", "tied", "diag", "spherical"]
AT_ONCE = 4_000_000  # differences of points and means that are held at the same time


class GaussianMixtureDensity(nn.Module):
    """Weights (K,), means (K, L) and Cholesky factors, float64, as buffers, so that a checkpoint holds them.

    The factors are (K, L, L), lower triangular, or (K, L), the standard deviations of a diagonal covariance.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, n_components: int, dim: int, *, diagonal: bool = False) -> None:
        super().__init__()
        shape = (dim,) if diagonal else (dim, dim)
        identity = torch.ones(dim, dtype=torch.float64) if diagonal else torch.eye(dim, dtype=torch.float64)
        self.register_buffer("weights", torch.full((n_components,), 1 / n_components, dtype=torch.float64))
        self.register_buffer("means", torch.zeros(n_components, dim, dtype=torch.float64))
        self.register_buffer("factors", identity.expand(n_components, *shape).clone())

    @classmethod
    def of_state(cls, state: dict[str, Tensor], prefix: str = "") -> GaussianMixtureDensity:
        """Room for what a checkpoint holds under `prefix`."""
        return cls(*state[f"{prefix}means"].shape, diagonal=state[f"{prefix}factors"].ndim == 2)

    @classmethod
    def of_mixture(cls, mixture: GaussianMixture) -> GaussianMixtureDensity:
        """What EM has found."""
        diagonal = mixture.covariance_type in ("diag", "spherical")
        density = cls(*mixture.means_.shape, diagonal=diagonal)
        density.weights.copy_(torch.from_numpy(mixture.weights_))
        density.means.copy_(torch.from_numpy(mixture.means_))
        density.factors.copy_(torch.from_numpy(np.sqrt(variances(mixture)) if diagonal else factors(mixture)))
        return density

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


def fit_by_em(
    points: NDArray[np.float64],
    n_components: int,
    covariance: Covariance,
    *,
    regularization: float,
    seed: int,
    n_init: int = 1,
    max_iterations: int = 100,
    tolerance: float = 1e-3,
) -> GaussianMixture:
    """scikit-learn's EM (Dempster, Laird and Rubin 1977) from k-means, on float64 points (N, L).

    One that has not converged is as good as its likelihood, without a warning.

    Args:
        points: N ≥ `n_components`, and at least 2.
        n_components: of the mixture.
        covariance: full, tied, diag or spherical.
        regularization: added to the diagonal of each covariance.
        seed: of the k-means starts.
        n_init: starts, of which the likeliest is kept.
        max_iterations: of each start.
        tolerance: in nats a point; a smaller change ends EM.
    """
    mixture = GaussianMixture(
        n_components,
        covariance_type=covariance,
        reg_covar=regularization,
        random_state=seed,
        n_init=n_init,
        max_iter=max_iterations,
        tol=tolerance,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(points)
    return mixture


def fewest_points(covariance: Covariance, dim: int) -> int:
    """Points that determine the covariance of one component: L + 1 of them if it is full, else 2."""
    return dim + 1 if covariance == "full" else FEWEST_POINTS


def n_parameters(covariance: Covariance, n_components: int, dim: int) -> int:
    """Free parameters of a mixture: weights, means and covariances."""
    triangle = dim * (dim + 1) // 2
    of_covariances = {"full": n_components * triangle, "tied": triangle, "diag": n_components * dim}
    return n_components - 1 + n_components * dim + of_covariances.get(covariance, n_components)


def variances(mixture: GaussianMixture) -> NDArray[np.float64]:
    """The diagonals (K, L) of the covariances of a diagonal or spherical mixture."""
    found = np.asarray(mixture.covariances_)
    return found if mixture.covariance_type == "diag" else np.repeat(found[:, None], mixture.means_.shape[1], axis=1)


def factors(mixture: GaussianMixture) -> NDArray[np.float64]:
    """The Cholesky factors (K, L, L) of any mixture."""
    if mixture.covariance_type in ("diag", "spherical"):
        return np.stack([np.diag(row) for row in np.sqrt(variances(mixture))])
    found = np.linalg.cholesky(mixture.covariances_)
    return found if mixture.covariance_type == "full" else np.repeat(found[None], len(mixture.means_), axis=0)
