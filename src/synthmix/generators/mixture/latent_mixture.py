"""The ex-post density: a Gaussian mixture on a trained latent, in place of the prior (Ghosh et al. 2020, RAE)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture.gaussian_density import (
    Covariance,
    GaussianMixtureDensity,
    factors,
    fewest_points,
    fit_by_em,
)
from synthmix.generators.mixture.model_selection import is_determined

COVARIANCES: tuple[Covariance, ...] = ("full", "diag", "spherical")


class LatentMixture(GaussianMixtureDensity):
    """The mixture of the lowest BIC, −2 log L + p log n (Schwarz 1978), for 1 to so many components of three shapes.

    Only mixtures whose every component has points enough to determine its covariance are admitted, see
    `is_determined`.
    """

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
        fitted.factors.copy_(scale * torch.from_numpy(factors(best)))
        return fitted


def _candidates(points: np.ndarray, max_components: int, reg_covar: float, seed: int) -> Iterator[GaussianMixture]:
    n, latent_dim = points.shape
    for covariance in COVARIANCES:
        fewest = fewest_points(covariance, latent_dim)
        for n_components in range(1, min(max_components, n // fewest) + 1):
            mixture = fit_by_em(points, n_components, covariance, regularization=reg_covar, seed=seed)
            if is_determined(torch.from_numpy(mixture.weights_), n, fewest):
                yield mixture
