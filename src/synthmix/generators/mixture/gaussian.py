"""Gaussian mixtures by EM: a single Gaussian, a naive-Bayes mixture and the general one are its configs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from sklearn.mixture import GaussianMixture
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.mixture.config import GaussianMixtureConfig
from synthmix.generators.mixture.density import GaussianMixtureDensity, fit_by_em
from synthmix.generators.mixture.selection import Em, select
from synthmix.generators.mixture.subspace import Subspace, SubspaceMixture
from synthmix.generators.options import TrainerOptions
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec


@dataclass(frozen=True)
class GaussianFit:
    """scikit-learn's mixture in its frame."""

    frame: Subspace
    mixture: GaussianMixture

    @property
    def weights(self) -> Tensor:
        """Of the components, (K,)."""
        return torch.from_numpy(self.mixture.weights_)

    @property
    def n_parameters(self) -> int:
        """Free parameters: weights, means and covariances."""
        n_components, dim = map(int, self.mixture.means_.shape)
        triangle = dim * (dim + 1) // 2
        of_covariances = {
            "full": n_components * triangle,
            "tied": triangle,
            "diag": n_components * dim,
            "spherical": n_components,
        }
        return n_components - 1 + n_components * dim + of_covariances[self.mixture.covariance_type]

    def log_likelihood(self, x: Tensor) -> float:
        """Of points (N, *shape), summed."""
        in_frame = torch.from_numpy(self.mixture.score_samples(self.frame.project(x).numpy()))
        return float(in_frame.sum()) + float(self.frame.log_volume(x).sum())

    def curve(self, x: Tensor) -> list[float]:
        """Mean log-likelihood of the points that it was fitted to, before the first iteration and after each."""
        # scikit-learn's bound of an iteration is the likelihood before its update.
        in_frame = [*map(float, self.mixture.lower_bounds_), float(self.mixture.score(self.frame.project(x).numpy()))]
        log_volume = float(self.frame.log_volume(x).mean())
        return [value + log_volume for value in in_frame]


class GaussianMixtureGenerator(LearnedGenerator):
    """Maximises Σ_n log Σ_k π_k N(x_n; μ_k, Σ_k) by EM (Dempster, Laird and Rubin 1977), in float64.

    `model=gaussian` is one component with a full covariance, `model=gaussian_naive_bayes_mixture` components with
    diagonal ones on the values themselves: given its component, the values of a point are independent. On images the
    mixture is one of principal components, see `Subspace`.

    Args:
        config: which mixtures are compared, and how EM is run.
    """

    def __init__(self, config: GaussianMixtureConfig) -> None:
        super().__init__()
        self.config, self.steps = config, config.max_iterations
        self.mixture: SubspaceMixture | None = None

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Resets an earlier fit."""
        super().prepare(spec, seed)
        self.mixture = None

    def fit(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        options: TrainerOptions | None = None,
        logger: Logger | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Fits all candidates to `dataset.x` and keeps the best; see `select`, and `Selection.log` for the curves."""
        self.prepare(dataset.spec, seed)
        iterations = min(self.steps, (options or TrainerOptions()).limit_steps or self.steps)

        def em_on(x: Tensor) -> Em[GaussianFit]:
            frame = Subspace.fit(
                x, self.config.pca_variance, dataset.spec, regularization=self.config.covariance_regularization
            )
            points = frame.project(x)

            def fit(k: int, shape: str) -> GaussianFit:
                return GaussianFit(frame, fit_by_em(self._mixture(k, shape, iterations), points))

            return frame.dim, fit

        self.selection, fitted = select(dataset.x, em_on, self.config.covariance, self.config, seed)
        self.mixture = SubspaceMixture(fitted.frame, GaussianMixtureDensity.of_mixture(fitted.mixture))
        if logger is not None:
            self.selection.log(logger, fitted.curve(dataset.x))
        return self.eval()

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads frame and density."""
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

    def _mixture(self, n_components: int, covariance: str, iterations: int) -> GaussianMixture:
        return GaussianMixture(
            n_components,
            covariance_type=covariance,
            reg_covar=self.config.covariance_regularization,
            random_state=derive_seed(self.seed, "em") % 2**32,
            n_init=self.config.n_init,
            max_iter=iterations,
            tol=self.config.tolerance,
        )
