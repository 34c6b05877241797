"""A mixture of products of Bernoulli distributions by EM: naive Bayes for black and white images."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from synthmix.generators.mixture.expectation_maximization import EmOptions, MixtureByEm
from synthmix.generators.mixture.model_selection import FEWEST_POINTS
from synthmix.spec import DataSpec

LEAST_WEIGHT = 1e-300  # of a component that has lost all its points: its logarithm stays a number


@dataclass(frozen=True)
class UnitRange:
    """The map of [low, high] to [0, 1]; probabilities of black and white are those of the data."""

    low: float
    high: float

    def project(self, x: Tensor) -> Tensor:
        """(N, *shape) → (N, D), float64."""
        return (x.flatten(1).double() - self.low) / (self.high - self.low)

    def log_volume(self, x: Tensor) -> Tensor:
        """Nothing is lacking, (N,)."""
        return torch.zeros(len(x), dtype=torch.float64)


@dataclass(frozen=True)
class BernoulliMixture:
    """What EM has found.

    Attributes:
        weights: (K,).
        probabilities: of a one, (K, D).
        log_likelihoods: mean log-likelihood of a point before the first iteration and after each.
        objectives: the same plus the log prior of the probabilities, up to a constant, over the number of points:
            what EM maximises.
    """

    weights: Tensor
    probabilities: Tensor
    log_likelihoods: Sequence[float]
    objectives: Sequence[float]

    @property
    def n_parameters(self) -> int:
        """Weights but one, and probabilities."""
        return len(self.weights) - 1 + self.probabilities.numel()

    def score_samples(self, points: Tensor) -> Tensor:
        """Points (N, D) in [0, 1] → log p (N,)."""
        return log_joint(points, self.weights, self.probabilities).logsumexp(1)


class BernoulliMixtureGenerator(MixtureByEm[UnitRange, BernoulliMixture]):
    """Maximises Σ_n log Σ_k π_k Π_d p_kd^x_nd (1 − p_kd)^(1 − x_nd) plus a Beta prior on each p, by EM.

    Bishop 2006, section 9.3.3; Juan and Vidal 2004 on binary images of digits. The values of a point, in the range of
    the data, are mapped to x in [0, 1]. Grey values are taken as they are, as the Bernoulli likelihood of an
    autoencoder takes them: then log p is minus a cross-entropy and no normalised density of the greys, and the model is
    one of black and white images, which is what its samples are.

    Args:
        n_components: the numbers of components to choose among.
        smoothing: a > 0 in p_kd = (Σ_n r_nk x_nd + a) / (Σ_n r_nk + 2a), as if each component had seen each value a
            times black and a times white: the mode under a prior Beta(1 + a, 1 + a).
        em: select_by, folds, n_init, max_iterations and tolerance, see `MixtureByEm`.
    """

    weights: Tensor
    probabilities: Tensor

    def __init__(
        self,
        *,
        n_components: Sequence[int],
        smoothing: float = 0.5,
        **em: Any,
    ) -> None:
        super().__init__(n_components=n_components, shapes=("bernoulli",), **em)
        self.smoothing = smoothing

    def prepare(self, spec: DataSpec, seed: int) -> None:
        """Makes room for one component."""
        super().prepare(spec, seed)
        self._keep(torch.ones(1, dtype=torch.float64), torch.full((1, spec.size), 0.5, dtype=torch.float64))

    def frame_of(self, x: Tensor) -> UnitRange:
        """The range of the data as [0, 1]."""
        return UnitRange(*self._range)

    def fewest(self, shape: str, dim: int) -> int:
        """Two, as of any shape."""
        return FEWEST_POINTS

    def fit_candidate(self, points: Tensor, n_components: int, shape: str, options: EmOptions) -> BernoulliMixture:
        """The best of several starts."""
        return fit_bernoulli_mixture(points, n_components, smoothing=self.smoothing, options=options)

    def adopt(self, frame: UnitRange, fitted: BernoulliMixture) -> None:
        """Keeps weights and probabilities."""
        self._keep(fitted.weights, fitted.probabilities)

    def load_fitted(self, state: dict[str, Tensor]) -> None:
        """Takes up weights and probabilities."""
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
        return log_joint(UnitRange(*self._range).project(x), self.weights, self.probabilities).logsumexp(1)

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
    points: Tensor, n_components: int, *, smoothing: float, options: EmOptions
) -> BernoulliMixture:
    """EM from several k-means starts; the one of the greatest objective, to which the prior belongs.

    Args:
        points: (N, D) in [0, 1], float64, N ≥ `n_components`.
        n_components: K.
        smoothing: a > 0, see `BernoulliMixtureGenerator`.
        options: of EM.
    """
    fits = (_from_start(points, n_components, smoothing, options, options.seed + i) for i in range(options.n_init))
    return max(fits, key=lambda fit: fit.objectives[-1])


def _from_start(points: Tensor, n_components: int, smoothing: float, options: EmOptions, seed: int) -> BernoulliMixture:
    weights, probabilities = _maximised(points, _clusters(points, n_components, seed), smoothing)
    log_likelihoods: list[float] = []
    objectives: list[float] = []
    for iteration in range(options.max_iterations + 1):
        joint = log_joint(points, weights, probabilities)
        log_p = joint.logsumexp(1)
        log_prior = smoothing * float((probabilities.log() + (-probabilities).log1p()).sum())
        log_likelihoods.append(float(log_p.mean()))
        objectives.append(log_likelihoods[-1] + log_prior / len(points))
        converged = iteration > 0 and objectives[-1] - objectives[-2] < options.tolerance
        if converged or iteration == options.max_iterations:
            break
        weights, probabilities = _maximised(points, (joint - log_p[:, None]).exp(), smoothing)
    return BernoulliMixture(weights, probabilities, log_likelihoods, objectives)


def _maximised(points: Tensor, responsibilities: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """The M step: weights (K,) and probabilities (K, D) from responsibilities (N, K)."""
    counts = responsibilities.sum(0)
    ones = responsibilities.T @ points
    return counts / len(points), (ones + smoothing) / (counts[:, None] + 2 * smoothing)


def _clusters(points: Tensor, n_components: int, seed: int) -> Tensor:
    """Responsibilities (N, K) of 0 and 1, by k-means."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than components
        labels = KMeans(n_components, n_init=1, random_state=seed % 2**32).fit(points.numpy()).labels_
    return torch.nn.functional.one_hot(torch.from_numpy(labels).long(), n_components).double()
