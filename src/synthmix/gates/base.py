"""The interface of gates, the gate that accepts everything, and sampling through a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.errors import GateStarved
from synthmix.generators.base import Generator

MOST_DRAWS = 64


class Sampler(Protocol):
    """The synthetic pool of a fitted generator."""

    @property
    def capacity(self) -> int | None:
        """The number of points in the pool; None where it is unlimited."""
        ...

    def sample(self, n: int, seed: int) -> Tensor:
        """The first `n` points of the pool of `seed`, (n, *shape)."""
        ...


@dataclass(frozen=True)
class Candidates:
    """The synthetic points that a gate filters, and their generator.

    Attributes:
        synthetic_pool: the points.
        seed: of the pool.
        generator: loads the generator; called by the gates that need it.
    """

    synthetic_pool: Sampler
    seed: int
    generator: Callable[[], Generator]

    def first(self, n: int) -> Tensor:
        """The first `n` points, (n, *shape)."""
        return self.synthetic_pool.sample(n, self.seed)


class Gate(Protocol):
    """Accepts or rejects synthetic points before they are mixed.

    The decision depends on the point and its index in the pool alone, so that the points accepted at a ratio are a
    prefix of those accepted at a larger one.
    """

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Fits its thresholds on train, or on val where it is calibrated; `splits` has no labels."""
        ...

    def accept(self, points: Tensor) -> Tensor:
        """Whether each of the first N points of the pool is accepted, (N, *shape) → bool (N,)."""
        ...


class AcceptAll:
    """Accepts every point."""

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Returns self."""
        return self

    def accept(self, points: Tensor) -> Tensor:
        """True for each point."""
        return torch.ones(len(points), dtype=torch.bool)


def accepted_points(candidates: Candidates, gate: Gate, n: int) -> tuple[Tensor, Tensor, float]:
    """The first `n` points that a fitted gate accepts, their places in the pool, and its acceptance rate.

    Returns:
        Points, (n, *shape); int64, (n,); and the share of the points drawn that it accepts.

    Raises:
        GateStarved: fewer than `n` of `MOST_DRAWS`·n points were accepted.
        Unavailable: the generator has no more points.
    """
    drawn = n
    while True:
        points = candidates.first(drawn)
        passes = gate.accept(points)
        accepted = points[passes]
        if len(accepted) >= n:
            return accepted[:n], passes.nonzero()[:n, 0], len(accepted) / drawn
        if drawn >= MOST_DRAWS * n:
            name = type(gate).__name__
            raise GateStarved(
                f"{name} has let {len(accepted)} of {drawn} synthetic points pass; {n} are needed: "
                f"loosen the limits of the gate (gate.*), or take gate=none"
            )
        capacity = candidates.synthetic_pool.capacity
        drawn = 2 * drawn if capacity is None or drawn >= capacity else min(2 * drawn, capacity)
