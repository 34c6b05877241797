"""The margins of mixed columns as maps of latent normal values, and what is known of these for each point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from synthmix.generators.copula.utilities import mean_utilities, offsets_for
from synthmix.spec import Column

MOST_QUANTILES = 2000  # of a margin that are kept: a level is then taken as often as train has it to .05 %
SMOOTH = ("numeric", "date")  # between two values of train others can lie


class Margin(ABC):
    """One column as a map of its latent values, N(0, I).

    Attributes:
        n_latents: how many there are.
        learnt: all that is known of the column, float64, in one dimension.
    """

    n_latents: int
    learnt: Tensor

    @abstractmethod
    def values(self, latent: Tensor) -> Tensor:
        """Latent values, float64, (N, L) → the column as it stands in points, (N, W), float32."""

    @abstractmethod
    def scores(self, block: Tensor) -> Tensor:
        """The column in points of train, (N, W) → the mean of its latent values given that, float64, (N, L)."""

    @abstractmethod
    def scores_of(self, latent: Tensor) -> Tensor:
        """Latent values, (M, L) → their mean given what they come to, (M, L)."""


@dataclass(frozen=True)
class Ordered(Margin):
    """Numbers, or levels with an order: one latent value, whose order is that of the values.

    Attributes:
        column: its name and kind.
        learnt: at most `MOST_QUANTILES` of train's values, sorted, evenly spaced.
    """

    column: Column
    learnt: Tensor
    n_latents = 1

    def values(self, latent: Tensor) -> Tensor:
        """The quantiles of train; of numbers and dates also what lies between two of them."""
        n = len(self.learnt)
        uniform = torch.special.ndtr(latent)
        if self.column.kind not in SMOOTH:
            return self.learnt[(uniform * n).long().clamp(max=n - 1)].float()
        position = (uniform * n - 0.5).clamp(0, n - 1)
        below = position.floor()
        return torch.lerp(self.learnt[below.long()], self.learnt[position.ceil().long()], position - below).float()

    def coefficients(self, n_terms: int, *, of_scores: bool) -> Tensor:
        """Hermite coefficients of the values, or their scores, once they are scaled to a variance of 1: (n_terms,)."""
        heights = normal_scores(ranks_of(self.learnt)) if of_scores else self.learnt
        return hermite(self.learnt, torch.unique(standardized(heights)), n_terms)  # both rise with the values

    def scores(self, block: Tensor) -> Tensor:
        """See `normal_scores`."""
        return normal_scores(ranks_of(block[:, 0]))[:, None]

    def scores_of(self, latent: Tensor) -> Tensor:
        """Those of the nearest quantiles."""
        n = len(self.learnt)
        found: Tensor = normal_scores(ranks_of(self.learnt))
        return found[(torch.special.ndtr(latent) * n).long().clamp(max=n - 1)]


@dataclass(frozen=True)
class Nominal(Margin):
    """Levels without an order: a latent utility of each, of which the greatest is taken, once an offset is added.

    Attributes:
        learnt: the offsets of the levels, -inf for one that train lacks, (W,); and at last what a level's own value is
            in an encoded point.
    """

    learnt: Tensor

    @property
    def n_latents(self) -> int:  # type: ignore[override]
        """One for each level."""
        return len(self.learnt) - 1

    def values(self, latent: Tensor) -> Tensor:
        """The level of the greatest utility, where levels stand in points."""
        level = (latent + self.learnt[:-1]).argmax(1)
        return float(self.learnt[-1]) * torch.nn.functional.one_hot(level, self.n_latents).float()

    def scores(self, block: Tensor) -> Tensor:
        """The mean utilities where the level is the one that was taken."""
        return mean_utilities(self.learnt[:-1])[block.argmax(1)]

    def scores_of(self, latent: Tensor) -> Tensor:
        """Likewise."""
        return mean_utilities(self.learnt[:-1])[(latent + self.learnt[:-1]).argmax(1)]


def margin_of(column: Column, block: Tensor) -> Margin:
    """The margin of a column, by how it stands in points of train, (N, W)."""
    if column.kind != "categorical":
        return Ordered(column, thinned(block[:, 0]).double())
    counts = (block > 0).double().sum(0)
    return Nominal(torch.cat([offsets_for(counts / counts.sum()), block.max().double()[None]]))


def margin_again(column: Column, learnt: Tensor) -> Margin:
    """The margin of which only what it has learnt was kept."""
    return Nominal(learnt) if column.kind == "categorical" else Ordered(column, learnt)


def ranks_of(values: Tensor) -> Tensor:
    """The places of values, (N,), among those that differ, in their order."""
    ranks: Tensor = torch.unique(values, return_inverse=True)[1]
    return ranks


def thinned(values: Tensor) -> Tensor:
    """Values in their order, evenly spaced ones where there are more than `MOST_QUANTILES`."""
    n = len(values)
    m = min(n, MOST_QUANTILES)
    return values.sort().values[((torch.arange(m, dtype=torch.float64) + 0.5) * n / m).long()]


def standardized(values: Tensor) -> Tensor:
    """Values (N,) with mean 0 and variance 1, or 0 where they are all the same; float64."""
    centred = values.double() - values.double().mean()
    return centred / centred.square().mean().sqrt() if values.min() < values.max() else torch.zeros_like(centred)


def normal_scores(ranks: Tensor) -> Tensor:
    """The mean of a standard normal value given the rank that it comes to: float64, (N,), of mean 0.

    Ranks cut the normal distribution into intervals that are as probable as they are frequent; of untied ones the means
    are known as normal scores.
    """
    inverse, means, _ = _intervals(ranks)
    return means[inverse]


def hermite(values: Tensor, heights: Tensor, n_terms: int) -> Tensor:
    """Coefficients of a function of the normal value in its normalised Hermite polynomials, from the first: (n_terms,).

    The function is `heights` where the normal value comes to each of the different ones of `values`, in their order.
    It steps up at the normal value t_e between two of them, so that a_k = k^(-1/2) Σ_e φ(t_e) h_{k-1}(t_e) s_e with s_e
    the height of the step, as ∫_a^b φ h_k = k^(-1/2) (φ(a) h_{k-1}(a) - φ(b) h_{k-1}(b)).
    """
    _, _, edges = _intervals(ranks_of(values))
    steps = heights.diff()
    before, current = torch.zeros_like(edges), density(edges)  # φ h_{-1} and φ h_0
    found = []
    for k in range(1, n_terms + 1):
        found.append((current * steps).sum() / k**0.5)
        before, current = current, (edges * current - (k - 1) ** 0.5 * before) / k**0.5
    return torch.stack(found)


def _intervals(ranks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Which interval each point lies in, (N,), the normal mean in each, (G,), and the edges between them, (G - 1,)."""
    _, inverse, counts = torch.unique(ranks, return_inverse=True, return_counts=True)
    share = counts.double() / len(ranks)
    edges = torch.special.ndtri(share.cumsum(0)[:-1])
    at_edges = torch.nn.functional.pad(density(edges), (1, 1))
    return inverse, (at_edges[:-1] - at_edges[1:]) / share, edges


def density(x: Tensor) -> Tensor:
    """Of the standard normal distribution."""
    return torch.exp(-0.5 * x.square()).div((2 * torch.pi) ** 0.5)
