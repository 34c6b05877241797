"""Gaussian mixtures by EM: a single Gaussian, a naive-Bayes mixture and the general one are its configs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.generators.mixture.expectation_maximization import EmOptions, MixtureByEm
from synthmix.generators.mixture.gaussian_density import (
    Covariance,
    GaussianMixtureDensity,
    fewest_points,
    fit_by_em,
    n_parameters,
)
from synthmix.generators.mixture.subspace import PcaVariance, Subspace, SubspaceMixture
from synthmix.spec import DataSpec


@dataclass(frozen=True)
class SklearnFit:
    """scikit-learn's mixture, and the points that it was fitted on."""

    mixture: GaussianMixture
    points: Tensor

    @property
    def n_parameters(self) -> int:
        """Free parameters."""
        return n_parameters(self.mixture.covariance_type, *self.mixture.means_.shape)

    @property
    def weights(self) -> Tensor:
        """Of the components, (K,)."""
        return torch.from_numpy(self.mixture.weights_)

    @property
    def log_likelihoods(self) -> Sequence[float]:
        """Mean log-likelihood of a point before the first iteration and after each."""
        # scikit-learn's bound of an iteration is the likelihood before its update.
        return [*map(float, self.mixture.lower_bounds_), float(self.mixture.score(self.points.numpy()))]

    def score_samples(self, points: Tensor) -> Tensor:
        """Points (N, L) → log-density (N,)."""
        return torch.from_numpy(self.mixture.score_samples(points.numpy()))


class GaussianMixtureGenerator(MixtureByEm[Subspace, SklearnFit]):
    """Maximises Σ_n log Σ_k π_k N(x_n; μ_k, Σ_k) by EM (Dempster, Laird and Rubin 1977), in float64.

    `model=gaussian` is one component with a full covariance, `model=gaussian_naive_bayes_mixture` components with
    diagonal ones on the values themselves: given its component, the values of a point are independent. On images the
    mixture is one of principal components, see `Subspace`.

    Args:
        n_components: the numbers of components to choose among.
        covariance: the shapes of the covariances to choose among: full, tied, diag, spherical.
        covariance_regularization: added to the diagonal of the covariances, in units of the mean variance of what the
            mixture is fitted on.
        pca_variance: share of the variance of train that its principal components keep; None fits the mixture on the
            values themselves, auto on .95 (40 components at most) of images and on the values of a table.
        em: select_by, folds, n_init, max_iterations and tolerance, see `MixtureByEm`.
    """

    def __init__(
        self,
        *,
        n_components: Sequence[int],
        covariance: Sequence[Covariance] = ("full",),
        covariance_regularization: float = 1e-3,
        pca_variance: PcaVariance = "auto",
        **em: Any,
    ) -> None:
        super().__init__(n_components=n_components, shapes=covariance, **em)
        self.pca_variance, self.covariance_regularization = pca_variance, covariance_regularization
        self.mixture: SubspaceMixture | None = None

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Forgets an earlier fit."""
        super().prepare(spec, seed)
        self.mixture = None

    def frame_of(self, x: Tensor) -> Subspace:
        """Principal components, or the values themselves."""
        return Subspace.fit(x, self.pca_variance, self.spec, regularization=self.covariance_regularization)

    def fewest(self, shape: str, dim: int) -> int:
        """Those of `fewest_points`."""
        return fewest_points(cast(Covariance, shape), dim)

    def fit_candidate(self, points: Tensor, n_components: int, shape: str, options: EmOptions) -> SklearnFit:
        """By scikit-learn."""
        mixture = fit_by_em(
            points.numpy(),
            n_components,
            cast(Covariance, shape),
            regularization=self.covariance_regularization,
            seed=options.seed,
            n_init=options.n_init,
            max_iterations=options.max_iterations,
            tolerance=options.tolerance,
        )
        return SklearnFit(mixture, points)

    def adopt(self, frame: Subspace, fitted: SklearnFit) -> None:
        """Keeps frame and density."""
        self.mixture = SubspaceMixture(frame, GaussianMixtureDensity.of_mixture(fitted.mixture))

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up frame and density."""
        self.mixture = SubspaceMixture.of_state(state, "mixture.")
        super().load_fitted(state)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Points of the mixture."""
        return self.fitted.draw(n, rng, self.spec)

    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → natural logarithms of their density (N,), float64; before any clipping to a range."""
        return self.fitted.score_samples(x)

    @property
    def fitted(self) -> SubspaceMixture:
        """The density of the data. Raises RuntimeError before `fit`."""
        if self.mixture is None:
            raise RuntimeError(f"{type(self).__name__} has not been fitted; call fit first")
        return self.mixture
