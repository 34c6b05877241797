"""The ex-post density: a Gaussian mixture on a trained latent, in place of the prior (Ghosh et al. 2020, RAE)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture.density import GaussianMixtureDensity, fit_by_em
from synthmix.generators.mixture.selection import fewest_points, is_determined

SHAPES = ("full", "diag", "spherical")


def fit_latent_mixture(
    latent: Tensor, *, max_components: int, regularization: float, seed: int
) -> GaussianMixtureDensity:
    """The mixture of the lowest BIC, −2 log L + p log n (Schwarz 1978), of 1 to so many components of three shapes.

    Only mixtures whose every component has points enough to determine its covariance are admitted, see
    `is_determined`.

    Args:
        latent: (N, L), N ≥ 2.
        max_components: the most components.
        regularization: added to the diagonal of the covariances, in units of the latents' mean variance: the scale of
            a latent is arbitrary.
        seed: of the k-means starts.
    """
    points = latent.double()
    scale = math.sqrt(points.numpy().var(axis=0).mean()) or 1.0
    points = points / scale
    found = _admitted(points, max_components, regularization, seed)
    best = min(found, key=lambda mixture: float(mixture.bic(points.numpy())))
    density = GaussianMixtureDensity.of_mixture(best)
    return GaussianMixtureDensity(density.weights, scale * density.means, scale * density.factors)


def _admitted(points: Tensor, max_components: int, regularization: float, seed: int) -> Iterator[GaussianMixture]:
    n, dim = points.shape
    for shape in SHAPES:
        fewest = fewest_points(shape, dim)
        for n_components in range(1, min(max_components, n // fewest) + 1):
            em = GaussianMixture(n_components, covariance_type=shape, reg_covar=regularization, random_state=seed)
            mixture = fit_by_em(em, points)
            if is_determined(torch.from_numpy(mixture.weights_), n, fewest):
                yield mixture
