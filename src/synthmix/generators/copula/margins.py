"""The margins of mixed columns as monotone maps of a normal value, and the scores that points have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from synthmix.spec import Column

MOST_QUANTILES = 2000  # of a margin that are kept: a level is then taken as often as train has it to .05 %
SMOOTH = ("numeric", "date")  # between two values of train others can lie


@dataclass(frozen=True)
class Margin:
    """One column: its values in the order of a latent normal value, each as long as train has it.

    Attributes:
        column: its name and kind.
        place: of the column in a point.
        quantiles: of its values, float64, (M,); of a categorical column the numbers of its levels.
        hot: what a level's own value is in an encoded point; 1 of other columns.
    """

    column: Column
    place: slice
    quantiles: Tensor
    hot: float

    @classmethod
    def of(cls, column: Column, place: slice, block: Tensor, order: Tensor | None) -> tuple[Self, Tensor]:
        """The margin of train's values in the column, (N, W), and the rank of each point's value, (N,).

        Args:
            column: its name and kind.
            place: of the column in a point.
            block: the values.
            order: of a categorical column, its levels in the order in which the latent value runs through them.
        """
        if order is None:
            values = block[:, 0]
            kept, ranks = torch.unique(values, return_inverse=True)
            return cls(column, place, kept[thinned(ranks)].double(), 1.0), ranks
        rank_of = torch.empty_like(order)
        rank_of[order] = torch.arange(len(order))
        ranks = rank_of[block.argmax(1)]
        return cls(column, place, order[thinned(ranks)].double(), float(block.max())), ranks

    def values(self, uniform: Tensor) -> Tensor:
        """Values at probabilities in [0, 1], float64, (N,) → as they stand in points, (N, W), float32."""
        n = len(self.quantiles)
        if self.column.kind in SMOOTH:
            position = (uniform * n - 0.5).clamp(0, n - 1)
            below = position.floor()
            ends = self.quantiles[below.long()], self.quantiles[position.ceil().long()]
            return torch.lerp(*ends, position - below).float()[:, None]
        found = self.quantiles[(uniform * n).long().clamp(max=n - 1)]
        if self.column.kind != "categorical":
            return found.float()[:, None]
        return self.hot * torch.nn.functional.one_hot(found.long(), self.column.width).float()


def thinned(ranks: Tensor) -> Tensor:
    """The ranks in their order, evenly spaced ones where there are more than `MOST_QUANTILES`."""
    n = len(ranks)
    m = min(n, MOST_QUANTILES)
    return ranks.sort().values[((torch.arange(m, dtype=torch.float64) + 0.5) * n / m).long()]


def normal_scores(ranks: Tensor) -> Tensor:
    """The mean of a standard normal value given the rank that it comes to: float64, (N,), of mean 0.

    Ranks cut the normal distribution into intervals that are as probable as train has them; untied ones have what are
    known as normal scores.
    """
    inverse, means, _ = _intervals(ranks)
    return means[inverse]


def hermite(ranks: Tensor, n_terms: int) -> Tensor:
    """Coefficients of the scores in the normalised Hermite polynomials of the normal value, from the first: (n_terms,).

    The scores step up at the normal value t_e between two ranks, so that a_k = k^(-1/2) Σ_e φ(t_e) h_{k-1}(t_e) s_e
    with s_e the height of the step, as ∫_a^b φ h_k = k^(-1/2) (φ(a) h_{k-1}(a) - φ(b) h_{k-1}(b)).
    """
    _, means, edges = _intervals(ranks)
    steps = means.diff()
    before, current = torch.zeros_like(edges), _density(edges)  # φ h_{-1} and φ h_0
    found = []
    for k in range(1, n_terms + 1):
        found.append((current * steps).sum() / k**0.5)
        before, current = current, (edges * current - (k - 1) ** 0.5 * before) / k**0.5
    return torch.stack(found)


def order_of_levels(block: Tensor, others: Tensor) -> Tensor:
    """The levels of a categorical column along the axis by which they differ most in the other columns: (W,).

    That axis is the first of the correspondence analysis of the levels with what the others are: levels that are far
    apart on it have little in common, and a threshold between them tells most. Levels that train lacks come last.

    Args:
        block: the levels as 0 and something above it, (N, W).
        others: standardised, (N, P).
    """
    level = (block > 0).double()
    counts = level.sum(0)
    means = (level.T @ others) / counts.clamp(min=1)[:, None]
    share = (counts / len(block)).sqrt()[:, None]
    axis = torch.linalg.svd(share * means, full_matrices=False)[0][:, 0]
    coordinate = axis / share[:, 0].clamp(min=1e-12)
    coordinate = coordinate * torch.sign(coordinate[counts.argmax()])  # the commonest level is above the middle
    return torch.where(counts > 0, coordinate, torch.inf).argsort(stable=True)


def standardised(columns: Sequence[Tensor]) -> Tensor:
    """Columns (N,) side by side, each of mean 0 and variance 1, or 0 where it is constant: float64."""
    x = torch.stack([column.double() for column in columns], dim=1)
    x = x - x.mean(0)
    deviation = x.square().mean(0).sqrt()
    return torch.where(deviation > 0, x / deviation.clamp(min=1e-12), 0.0)


def _intervals(ranks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Which interval each point lies in, (N,), the normal mean in each, (G,), and the edges between them, (G - 1,)."""
    _, inverse, counts = torch.unique(ranks, return_inverse=True, return_counts=True)
    share = counts.double() / len(ranks)
    edges = torch.special.ndtri(share.cumsum(0)[:-1])
    density = torch.nn.functional.pad(_density(edges), (1, 1))
    return inverse, (density[:-1] - density[1:]) / share, edges


def _density(x: Tensor) -> Tensor:
    return torch.exp(-0.5 * x.square()).div((2 * torch.pi) ** 0.5)
