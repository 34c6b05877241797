"""Kernel distances: unbiased estimates of the squared maximum mean discrepancy (MMD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from synthmix.quality.features.feature_sets import TwoSets, checked, row_blocks, squared_distance_blocks

BANDWIDTH_POINTS = 1000  # of the reference, whose median distance is the bandwidth


class Kernel(Protocol):
    """A kernel k(x, y)."""

    def total(self, x: Tensor, y: Tensor) -> Tensor:
        """Its sum over all pairs of x (N, D) and y (M, D), float64."""
        ...

    def own(self, x: Tensor) -> Tensor:
        """k(x, x) of each point, (N,)."""
        ...


class Cubic:
    """(x·y / D + 1)³."""

    def total(self, x: Tensor, y: Tensor) -> Tensor:
        """Its sum over all pairs."""
        other = y.T / y.shape[1]
        sums = []
        for rows in row_blocks(len(x), len(y)):
            base = (x[rows] @ other).add_(1)
            sums.append(base.square().mul_(base).sum())
        return torch.stack(sums).sum()

    def own(self, x: Tensor) -> Tensor:
        """k(x, x) of each point, (N,)."""
        return (x.square().mean(1) + 1) ** 3


@dataclass(frozen=True)
class Gaussian:
    """exp(-‖x - y‖² / 2σ²)."""

    bandwidth: float

    def total(self, x: Tensor, y: Tensor) -> Tensor:
        """Its sum over all pairs."""
        scale = -0.5 / self.bandwidth**2
        blocks = squared_distance_blocks(x, y)  # of far points, rounding takes some below 0
        return torch.stack([squared.clamp_(min=0).mul_(scale).exp_().sum() for _, squared in blocks]).sum()

    def own(self, x: Tensor) -> Tensor:
        """k(x, x) of each point: 1."""
        return torch.ones(len(x), dtype=x.dtype)


def kid(
    real: Tensor, synthetic: Tensor, *, subsets: int | None = None, subset_size: int = 1000, seed: int = 0
) -> float:
    r"""Kernel distance (KID): unbiased squared MMD with a cubic polynomial kernel (Bińkowski et al. 2018).

    .. math:: k(x, y) = (x \cdot y / D + 1)^3

    As its expectation does not depend on the number of points, values at different sizes are comparable; it can be
    negative. By default it is computed on the whole sets; Bińkowski et al. average over random subsets, which is
    cheaper for large sets but has a larger variance.

    Args:
        real: features (N, D), at least 2.
        synthetic: features (M, D), at least 2.
        subsets: number of subsets to average over, drawn from each set without replacement; None for the whole sets.
        subset_size: points of a subset.
        seed: of the subsets; those that torch-fidelity draws for the same seed.

    Raises:
        ValueError: a set has too few points, or values that are not finite.

    Example:
        >>> points = torch.tensor([[0.0], [1.0]])
        >>> kid(points, points + 1)  # 1 within the first, 27 within the second, (1 + 1 + 8 + 27) / 4 between
        9.5
    """
    least = 2 if subsets is None else max(2, subset_size)
    real, synthetic = checked(real, least=least, what="real"), checked(synthetic, least=least, what="synthetic")
    if subsets is None:
        return _discrepancy(real, synthetic, Cubic())
    rng = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        x, y = (points[rng.choice(len(points), subset_size, replace=False)] for points in (real, synthetic))
        values.append(_discrepancy(x, y, Cubic()))
    return float(np.mean(values))


def mmd(real: Tensor, synthetic: Tensor, *, bandwidth: float | None = None) -> float:
    r"""Unbiased squared MMD with a Gaussian kernel (Gretton et al. 2012, equation 3).

    .. math:: k(x, y) = \exp(-\|x - y\|^2 / 2\sigma^2)

    Args:
        real: features (N, D), at least 2.
        synthetic: features (M, D), at least 2.
        bandwidth: σ; by default `median_distance` of the real points.

    Returns:
        An estimate that can be negative; at most 2.

    Raises:
        ValueError: a set has too few points or values that are not finite, or the bandwidth is not above 0.
    """
    real, synthetic = checked(real, least=2, what="real"), checked(synthetic, least=2, what="synthetic")
    sigma = median_distance(real) if bandwidth is None else bandwidth
    if not sigma > 0:
        raise ValueError(f"bandwidth={sigma}: must be > 0 (the median distance is 0 where most points are equal)")
    return _discrepancy(real, synthetic, Gaussian(sigma))


def median_distance(points: Tensor) -> float:
    """Median pairwise distance of points (N, D), of a thousand equally spaced ones where there are more."""
    some = checked(points, least=2, what="real")[:: -(-len(points) // BANDWIDTH_POINTS)]
    return float(np.median(torch.pdist(some).numpy()))


class KernelDistance(TwoSets):
    """`kid` of the features of all batches.

    Args:
        subsets: number of subsets to average over; None for the whole sets.
        subset_size: points of a subset.
        seed: of the subsets.
    """

    higher_is_better = False

    def __init__(self, subsets: int | None = None, subset_size: int = 1000, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subsets, self.subset_size, self.seed = subsets, subset_size, seed

    def compute(self) -> Tensor:
        """The distance, a float64 scalar."""
        real, synthetic = self.kept("real"), self.kept("synthetic")
        value = kid(real, synthetic, subsets=self.subsets, subset_size=self.subset_size, seed=self.seed)
        return torch.tensor(value, dtype=torch.float64)


class MaximumMeanDiscrepancy(TwoSets):
    """`mmd` of the features of all batches.

    Args:
        bandwidth: σ; None for the median distance of the real points.
    """

    higher_is_better = False

    def __init__(self, bandwidth: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bandwidth = bandwidth

    def compute(self) -> Tensor:
        """The discrepancy, a float64 scalar."""
        value = mmd(self.kept("real"), self.kept("synthetic"), bandwidth=self.bandwidth)
        return torch.tensor(value, dtype=torch.float64)


def _discrepancy(real: Tensor, synthetic: Tensor, kernel: Kernel) -> float:
    """Mean kernel within each set, without the diagonal, less twice the mean between the sets."""

    def within(x: Tensor) -> Tensor:
        return (kernel.total(x, x) - kernel.own(x).sum()) / (len(x) * (len(x) - 1))

    between = kernel.total(real, synthetic) / (len(real) * len(synthetic))
    return (within(real) + within(synthetic) - 2 * between).item()
