"""A Gaussian mixture that is fitted to incomplete rows as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.data.incomplete_mixture import IncompleteMixture, fit_incomplete
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.generators.mixture.incomplete_config import IncompleteMixtureConfig
from synthmix.generators.mixture.selection import Em, select
from synthmix.generators.options import TrainerOptions
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec


class IncompleteMixtureGenerator(LearnedGenerator):
    """Maximises Σ_n log Σ_k π_k N(x_n,o; μ_k,o, Σ_k,oo) over what is there of each row, see `IncompleteMixture`.

    With `data.missing=model` a row has its gaps; without, it is complete, or filled as learners have it, and this
    is `model=gmm` with full covariances.

    Args:
        config: which mixtures are compared, and how EM is run.
    """

    def __init__(self, config: IncompleteMixtureConfig) -> None:
        super().__init__()
        self.config, self.steps = config, config.max_iterations
        self.density: GaussianMixtureDensity | None = None

    def material(self, splits: Splits) -> Dataset:
        """Train, with its gaps."""
        return splits.incomplete

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Resets an earlier fit."""
        super().prepare(spec, seed)
        self.density = None

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

        def em_on(x: Tensor) -> Em[IncompleteMixture]:
            points = x.flatten(1).double()
            variance = (points - points.nanmean(0)).square().nanmean().item() or 1.0

            def fit(k: int, _: str) -> IncompleteMixture:
                return fit_incomplete(
                    points,
                    k,
                    seed=derive_seed(self.seed, "em") % 2**32,
                    regularization=self.config.covariance_regularization * variance,
                    n_init=self.config.n_init,
                    max_iterations=iterations,
                    tolerance=self.config.tolerance,
                )

            return points.shape[1], fit

        self.selection, fitted = select(dataset.x.flatten(1), em_on, ("full",), self.config, seed)
        factors = torch.linalg.cholesky(fitted.covariances)
        self.density = GaussianMixtureDensity(fitted.weights, fitted.means, factors)
        if logger is not None:
            self.selection.log(logger, fitted.curve)
        return self.eval()

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads the density."""
        self.density = GaussianMixtureDensity.of_state(state, "density.")
        super().load_fitted(state)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Complete points of the mixture, within the range of the data."""
        points = self.fitted.sample(n, rng)
        if self.spec.value_range is not None:
            points = points.clamp(*self.spec.value_range)
        return points.view(-1, *self.spec.shape)

    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → natural logarithms of their density (N,), float64; before any clipping to a range."""
        return self.fitted.log_prob(x.flatten(1))

    @property
    def fitted(self) -> GaussianMixtureDensity:
        """The density of the data. Raises RuntimeError before `fit`."""
        if self.density is None:
            raise RuntimeError(f"{type(self).__name__} has not been fitted; call fit first")
        return self.density
