"""Fréchet distance of two sets of features, and its extrapolation to infinitely many points (FD∞)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from synthmix.quality.features.feature_sets import checked
from synthmix.seeds import generator_for

INF_SIZES = 10  # subsets that FD∞ is extrapolated from
INF_SMALLEST = 0.2  # the smallest of them, as a share of the points
INF_LEAST_POINTS = 1000
INF_POINTS_PER_FEATURE = 10  # so that the smallest subset has two


@dataclass(frozen=True)
class Moments:
    """Mean (D,) and covariance (D, D) of a set's features, float64, the latter divided by N - 1."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Moments:
        """Those of features (N, D).

        Raises:
            ValueError: fewer than 2 points, or not finite.
        """
        values = checked(features, least=2, what="all")
        mean = values.mean(0)
        centred = values - mean
        return cls(mean, centred.T @ centred / (len(values) - 1))

    @cached_property
    def root(self) -> Tensor:
        """A matrix R with R·Rᵀ the covariance."""
        values, vectors = torch.linalg.eigh(self.covariance)
        root: Tensor = vectors * values.clamp(min=0).sqrt()
        return root

    def distance(self, other: Moments) -> float:
        r"""Squared Fréchet distance (Dowson and Landau 1982), at least 0.

        .. math:: \|\mu_1 - \mu_2\|^2 + \mathrm{tr}(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1 \Sigma_2)^{1/2})

        The trace of the root of a product is the sum of the singular values of R₁ᵀR₂, which loses nothing where a
        covariance has no full rank; a root of eigenvalues near zero would.
        """
        shift = (self.mean - other.mean).square().sum()
        cross = torch.linalg.svdvals(self.root.T @ other.root).sum()
        # Rounding can make a distance of 0 slightly negative.
        return max(0.0, float(shift + self.covariance.trace() + other.covariance.trace() - 2 * cross))


def frechet_infinity(real: Moments, synthetic: Tensor, *, seed: int = 0) -> float | None:
    r"""FD∞: the Fréchet distance extrapolated to an infinite synthetic set (Chong and Forsyth 2020).

    .. math:: \mathrm{FD}(n) \approx \mathrm{FD}_\infty + b / n

    by least squares over ten random subsets of equally spaced sizes from a fifth of the points to all of them. The
    slope b depends on the model, so that distances at one n may rank models wrongly. The bias by the finite reference
    remains. The estimate may be negative.

    Args:
        real: the reference.
        synthetic: features (N, D).
        seed: of the subsets.

    Returns:
        The intercept, or None below 1,000 points or 10 a feature, where the fit does not hold.
    """
    n = len(synthetic)
    if n < max(INF_LEAST_POINTS, INF_POINTS_PER_FEATURE * synthetic.shape[1]):
        return None
    sizes = np.linspace(INF_SMALLEST * n, n, INF_SIZES).round().astype(int)
    rng = generator_for(seed, "fd infinity")
    distances = [real.distance(Moments.of(synthetic[torch.randperm(n, generator=rng)[:size]])) for size in sizes]
    return float(np.polynomial.Polynomial.fit(1 / sizes, distances, 1)(0))


class FrechetDistance(Metric):
    """`Moments.distance` of real and synthetic features, whose sums add up over batches and processes.

    Args:
        num_features: size D of a feature vector.

    Example:
        >>> metric = FrechetDistance(1)
        >>> line = torch.linspace(-1, 1, 11)[:, None]
        >>> metric.update(line, real=True)
        >>> metric.update(line + 3, real=False)
        >>> round(metric.compute().item(), 4)  # equal spread: the squared shift
        9.0
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = False

    def __init__(self, num_features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_features = num_features
        for part in ("real", "synthetic"):
            self.add_state(f"{part}_count", torch.zeros(1, dtype=torch.float64), "sum")
            self.add_state(f"{part}_sum", torch.zeros(num_features, dtype=torch.float64), "sum")
            self.add_state(f"{part}_products", torch.zeros(num_features, num_features, dtype=torch.float64), "sum")
        self.set_dtype(torch.float64)

    def update(self, features: Tensor, *, real: bool) -> None:
        """Adds a batch of features, (N, D), of real or of synthetic points."""
        part = "real" if real else "synthetic"
        values = checked(features.detach(), least=0, what=part)
        for name, sums in (("count", len(values)), ("sum", values.sum(0)), ("products", values.T @ values)):
            setattr(self, f"{part}_{name}", getattr(self, f"{part}_{name}") + sums)

    def compute(self) -> Tensor:
        """The distance, a float64 scalar; ValueError where a set has fewer than 2 points."""
        return torch.tensor(self._moments("real").distance(self._moments("synthetic")), dtype=torch.float64)

    def _moments(self, part: str) -> Moments:
        count, total = getattr(self, f"{part}_count"), getattr(self, f"{part}_sum")
        if count < 2:
            raise ValueError(f"needs at least 2 {part} points, got {int(count)}")
        mean = total / count
        products = getattr(self, f"{part}_products") - count * torch.outer(mean, mean)
        return Moments(mean, products / (count - 1))
