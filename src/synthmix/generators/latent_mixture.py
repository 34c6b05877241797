"""The ex-post density: a Gaussian mixture on a trained latent, in place of the prior (Ghosh et al. 2020, RAE)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

COVARIANCES = ("full", "diag", "spherical")
TOLERANCE = 0.5  # points by which a component's share may fall short, as shares are sums of probabilities


class LatentMixture(nn.Module):
    """Mixture weights, means and Cholesky factors as buffers, so that a checkpoint holds them.

    Components and covariance type are those of the lowest BIC, −2 log L + p log n (Schwarz 1978), among the mixtures
    whose every component has points enough to determine its covariance: L + 1 of them if it is full, else 2. Without
    that condition a mixture memorises a small train set: the likelihood of a component on a single point is bounded
    by the regularisation alone, and no price for a parameter outweighs it.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, n_components: int, latent_dim: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.full((n_components,), 1 / n_components, dtype=torch.float64))
        self.register_buffer("means", torch.zeros(n_components, latent_dim, dtype=torch.float64))
        self.register_buffer("factors", torch.eye(latent_dim, dtype=torch.float64).repeat(n_components, 1, 1))

    @classmethod
    def fit(cls, latent: Tensor, *, max_components: int, reg_covar: float, seed: int) -> LatentMixture:
        """Fits latents (N, L), N ≥ 2, by EM in float64, for 1 to `max_components` components.

        `reg_covar`, added to the diagonal of the covariances, is in units of the latents' mean variance: the scale of
        a latent is arbitrary.
        """
        points = latent.double().numpy()
        scale = np.sqrt(points.var(axis=0).mean()) or 1.0
        points = points / scale
        best = min(_candidates(points, max_components, reg_covar, seed), key=lambda mixture: mixture.bic(points))
        fitted = cls(best.n_components, points.shape[1])
        fitted.weights.copy_(torch.from_numpy(best.weights_))
        fitted.means.copy_(scale * torch.from_numpy(best.means_))
        fitted.factors.copy_(scale * torch.linalg.cholesky(torch.from_numpy(_full_covariances(best))))
        return fitted

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` latents (n, L), float32."""
        which = torch.multinomial(self.weights, n, replacement=True, generator=rng)
        noise = torch.randn(n, self.means.shape[1], generator=rng, dtype=torch.float64)
        return (self.means[which] + torch.einsum("nij,nj->ni", self.factors[which], noise)).float()


def _candidates(points: np.ndarray, max_components: int, reg_covar: float, seed: int) -> Iterator[GaussianMixture]:
    n, latent_dim = points.shape
    for covariance in COVARIANCES:
        least = latent_dim + 1 if covariance == "full" else 2
        for n_components in range(1, min(max_components, n // least) + 1):
            mixture = GaussianMixture(n_components, covariance_type=covariance, reg_covar=reg_covar, random_state=seed)
            with warnings.catch_warnings():
                # A candidate that has not converged is judged by its BIC like the others.
                warnings.simplefilter("ignore", ConvergenceWarning)
                mixture.fit(points)
            if mixture.weights_.min() * n > least - TOLERANCE:
                yield mixture


def _full_covariances(mixture: GaussianMixture) -> np.ndarray:
    covariances, (k, d) = mixture.covariances_, mixture.means_.shape
    if mixture.covariance_type == "full":
        return np.asarray(covariances)
    variances = covariances if mixture.covariance_type == "diag" else np.repeat(covariances[:, None], d, axis=1)
    return np.stack([np.diag(variances[component]) for component in range(k)])
