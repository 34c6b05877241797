"""A mixture of products of Bernoulli distributions by EM: naive Bayes for black and white images."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.mixture.config import BernoulliMixtureConfig
from synthmix.generators.mixture.selection import Em, select
from synthmix.generators.options import TrainerOptions
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec

LEAST_WEIGHT = 1e-300  # of a component that has lost all its points: its logarithm stays a number


@dataclass(frozen=True)
class BernoulliMixture:
    """A mixture fitted by EM.

    Attributes:
        weights: (K,).
        probabilities: of a one, (K, D).
        curve: mean log-likelihood of a point before the first iteration and after each.
        objectives: the same plus the log prior of the probabilities, up to a constant, over the number of points:
            what EM maximises.
    """

    weights: Tensor
    probabilities: Tensor
    curve: Sequence[float]
    objectives: Sequence[float]

    @property
    def n_parameters(self) -> int:
        """Weights but one, and probabilities."""
        return len(self.weights) - 1 + self.probabilities.numel()

    def log_likelihood(self, x: Tensor) -> float:
        """Of points (N, D) in [0, 1], summed."""
        return float(log_joint(x, self.weights, self.probabilities).logsumexp(1).sum())


class BernoulliMixtureGenerator(LearnedGenerator):
    """Maximises Σ_n log Σ_k π_k Π_d p_kd^x_nd (1 − p_kd)^(1 − x_nd) plus a Beta prior on each p, by EM.

    Bishop 2006, section 9.3.3; Juan and Vidal 2004 on binary images of digits. The values of a point, in the range of
    the data, are mapped to x in [0, 1]. Grey values are taken as they are, as the Bernoulli likelihood of an
    autoencoder takes them: then log p is minus a cross-entropy and no normalised density of the greys, and the model is
    one of black and white images, which is what its samples are.

    With the smoothing a > 0, p_kd = (Σ_n r_nk x_nd + a) / (Σ_n r_nk + 2a), as if each component had seen each value a
    times black and a times white: the mode under a prior Beta(1 + a, 1 + a).

    Args:
        config: a, which mixtures are compared, and how EM is run.
    """

    weights: Tensor
    probabilities: Tensor

    def __init__(self, config: BernoulliMixtureConfig) -> None:
        super().__init__()
        self.config, self.steps = config, config.max_iterations

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Allocates one component."""
        super().prepare(spec, seed)
        self._keep(torch.ones(1, dtype=torch.float64), torch.full((1, spec.size), 0.5, dtype=torch.float64))

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

        def em_on(points: Tensor) -> Em[BernoulliMixture]:
            return points.shape[1], lambda k, _: self._best_of_starts(points, k, iterations)

        self.selection, fitted = select(self._to_unit(dataset.x), em_on, ("bernoulli",), self.config, seed)
        self._keep(fitted.weights, fitted.probabilities)
        if logger is not None:
            self.selection.log(logger, fitted.curve)
        return self.eval()

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Loads weights and probabilities."""
        self._keep(state["weights"], state["probabilities"])
        super().load_fitted(state)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Black and white points, at the two ends of the range of the data."""
        which = torch.multinomial(self.weights, n, replacement=True, generator=rng)
        points = torch.bernoulli(self.probabilities[which], generator=rng)
        low, high = self._range
        return torch.where(points > 0, high, low).float().view(-1, *self.spec.shape)

    def score_samples(self, x: Tensor) -> Tensor:
        """Points (N, *shape) → log p (N,), float64, in nats; of greys, see the class."""
        return log_joint(self._to_unit(x), self.weights, self.probabilities).logsumexp(1)

    def _best_of_starts(self, points: Tensor, n_components: int, iterations: int) -> BernoulliMixture:
        """The one of the greatest objective, to which the prior belongs."""
        seed = derive_seed(self.seed, "em") % 2**32
        starts = (clusters(points, n_components, seed + i) for i in range(self.config.n_init))
        fits = (
            fit_bernoulli_mixture(points, start, self.config.smoothing, iterations, self.config.tolerance)
            for start in starts
        )
        return max(fits, key=lambda fit: fit.objectives[-1])

    def _to_unit(self, x: Tensor) -> Tensor:
        low, high = self._range
        return (x.flatten(1).double() - low) / (high - low)

    @property
    def _range(self) -> tuple[float, float]:
        if self.spec.value_range is None:
            raise ValueError(f"{self.spec.name} has values without bounds; a Bernoulli mixture needs images")
        return self.spec.value_range

    def _keep(self, weights: Tensor, probabilities: Tensor) -> None:
        self.register_buffer("weights", weights.clone())
        self.register_buffer("probabilities", probabilities.clone())


def log_joint(x: Tensor, weights: Tensor, probabilities: Tensor) -> Tensor:
    """log π_k + Σ_d x_d log p_kd + (1 − x_d) log(1 − p_kd) for points (N, D) in [0, 1] → (N, K); p in (0, 1)."""
    log_likelihood = x @ probabilities.log().T + (1 - x) @ (-probabilities).log1p().T
    return weights.clamp_min(LEAST_WEIGHT).log() + log_likelihood


def fit_bernoulli_mixture(
    points: Tensor, responsibilities: Tensor, smoothing: float, max_iterations: int, tolerance: float
) -> BernoulliMixture:
    """EM on points (N, D) in [0, 1], float64, from responsibilities (N, K); see `BernoulliMixtureGenerator`."""
    curve: list[float] = []
    objectives: list[float] = []
    for iteration in range(max_iterations + 1):
        counts = responsibilities.sum(0)
        weights = counts / len(points)
        probabilities = (responsibilities.T @ points + smoothing) / (counts[:, None] + 2 * smoothing)
        joint = log_joint(points, weights, probabilities)
        log_p = joint.logsumexp(1)
        log_prior = smoothing * float((probabilities.log() + (-probabilities).log1p()).sum())
        curve.append(float(log_p.mean()))
        objectives.append(curve[-1] + log_prior / len(points))
        if iteration > 0 and objectives[-1] - objectives[-2] < tolerance:
            break
        responsibilities = (joint - log_p[:, None]).exp()
    return BernoulliMixture(weights, probabilities, curve, objectives)


def clusters(points: Tensor, n_components: int, seed: int) -> Tensor:
    """Responsibilities (N, K) of 0 and 1, by k-means."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than components
        labels = KMeans(n_components, n_init=1, random_state=seed % 2**32).fit(points.numpy()).labels_
    return torch.nn.functional.one_hot(torch.from_numpy(labels).long(), n_components).double()
