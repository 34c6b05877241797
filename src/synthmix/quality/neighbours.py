"""Nearest neighbours, and precision, recall, density and coverage, which are computed from them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from synthmix.quality.features.feature_sets import TwoSets, checked, squared_distance_blocks

NEIGHBOURS = 5
# Tolerance of a squared distance, relative to the squared norms it was computed from: closer distances count as equal.
ROUNDING = 1e-12


def nearest(points: Tensor, others: Tensor, k: int = 1, *, same: bool = False) -> tuple[Tensor, Tensor]:
    """Each point's k nearest neighbours among others.

    Distances of the neighbours found are recomputed from differences, so that a copy is at exactly 0.

    Args:
        points: (N, D), float64.
        others: (M, D), float64.
        k: number of neighbours, at most M, or M - 1 where the sets are the same.
        same: whether both are one set, in which a point is no neighbour of itself.

    Returns:
        Distances in ascending order and the places of the neighbours, both (N, k).
    """
    distances, places = [], []
    for rows, squared in squared_distance_blocks(points, others):
        if same:
            squared.diagonal(rows.start).fill_(torch.inf)
        found = squared.topk(k, largest=False).indices
        exact = (points[rows, None] - others[found]).square().sum(-1).sqrt()
        ascending, order = exact.sort(dim=1)
        distances.append(ascending)
        places.append(found.gather(1, order))
    return torch.cat(distances), torch.cat(places)


def precision_recall_density_coverage(real: Tensor, synthetic: Tensor, *, k: int = NEIGHBOURS) -> dict[str, float]:
    r"""Precision and recall, density and coverage, by k-nearest-neighbour balls.

    With :math:`B(x)` the open ball around x that reaches to the k-th nearest other point of x's own set:

    - precision: the share of synthetic points that lie in the ball of a real one,
    - recall: the share of real points that lie in the ball of a synthetic one (Kynkäänniemi et al. 2019),
    - density: the mean number of real points' balls that a synthetic point lies in, divided by k; may exceed 1,
    - coverage: the share of real points whose ball holds a synthetic one (Naeem et al. 2020).

    Memory does not grow with the number of pairs.

    Args:
        real: features (N, D).
        synthetic: features (M, D).
        k: neighbours that a ball reaches to, below N and M.

    Raises:
        ValueError: a set has no more than k points, or values that are not finite.
    """
    if k < 1:
        raise ValueError(f"k={k}: must be ≥ 1")
    real = checked(real, least=k + 1, what="real")
    synthetic = checked(synthetic, least=k + 1, what="synthetic")
    real_balls, synthetic_balls = (_squared_radii(points, real, k) for points in (real, synthetic))
    held_by = torch.zeros(len(synthetic), dtype=torch.int64)
    recalled = covered = 0
    for rows, squared in squared_distance_blocks(real, synthetic):
        inside = squared < real_balls[rows, None]
        held_by += inside.sum(0)
        covered += int(inside.any(1).sum())
        recalled += int((squared < synthetic_balls).any(1).sum())
    return {
        "precision": (held_by > 0).double().mean().item(),
        "recall": recalled / len(real),
        "density": held_by.double().mean().item() / k,
        "coverage": covered / len(real),
    }


class PrecisionRecallDensityCoverage(TwoSets):
    """`precision_recall_density_coverage` of the features of all batches.

    Args:
        k: neighbours that a ball reaches to.

    Example:
        >>> metric = PrecisionRecallDensityCoverage(k=1)
        >>> metric.update(torch.tensor([[0.0], [1.0], [5.0], [7.0]]), real=True)
        >>> metric.update(torch.tensor([[0.5], [0.7]]), real=False)
        >>> {name: value.item() for name, value in metric.compute().items()}
        {'precision': 1.0, 'recall': 0.0, 'density': 2.0, 'coverage': 0.5}
    """

    def __init__(self, k: int = NEIGHBOURS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def compute(self) -> dict[str, Tensor]:
        """`precision`, `recall`, `density` and `coverage`, float64 scalars."""
        values = precision_recall_density_coverage(self.kept("real"), self.kept("synthetic"), k=self.k)
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}


def _squared_radii(points: Tensor, real: Tensor, k: int) -> Tensor:
    """Squared k-nearest-neighbour radius of each point, less the rounding tolerance, so that its ball is open."""
    radii = nearest(points, points, k, same=True)[0][:, -1].square()
    return radii - ROUNDING * ((points - real.mean(0)).square().sum(1) + radii)
