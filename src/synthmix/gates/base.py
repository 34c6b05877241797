"""What every gate is, the one that rejects nothing, and how points are drawn through one."""

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
        """How many points it can deliver; None where there is no limit."""
        ...

    def sample(self, n: int, seed: int) -> Tensor:
        """The first `n` points of the pool of `seed`, (n, *shape)."""
        ...


@dataclass(frozen=True)
class Candidates:
    """The synthetic points that a gate judges, and the generator that they are from.

    Attributes:
        synthetic_pool: the points.
        seed: of the pool.
        generator: gives the generator; called only where a gate asks for it.
    """

    synthetic_pool: Sampler
    seed: int
    generator: Callable[[], Generator]

    def first(self, n: int) -> Tensor:
        """The first `n` points, (n, *shape)."""
        return self.synthetic_pool.sample(n, self.seed)


class Gate(Protocol):
    """Says which synthetic points may enter a mixture.

    What it says of a point depends on the point and its place in the pool alone, so that what passes at a ratio is the
    beginning of what passes at a larger one.
    """

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Learns its thresholds; `splits` has no labels, and a gate looks at train, or at val where it must choose."""
        ...

    def accept(self, points: Tensor) -> Tensor:
        """The first N points of the pool, (N, *shape) → bool (N,)."""
        ...


class AcceptAll:
    """Rejects nothing."""

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Learns nothing."""
        return self

    def accept(self, points: Tensor) -> Tensor:
        """All of them."""
        return torch.ones(len(points), dtype=torch.bool)


def accepted_points(candidates: Candidates, gate: Gate, n: int) -> tuple[Tensor, float]:
    """The first `n` points that pass a fitted gate, (n, *shape), and the share of points that passes.

    The share is that among the points that were drawn for it, at least `n`.

    Raises:
        GateStarved: of `MOST_DRAWS` times as many points too few have passed.
        Unavailable: the generator can give no more.
    """
    drawn = n
    while True:
        points = candidates.first(drawn)
        passes = gate.accept(points)
        accepted = points[passes]
        if len(accepted) >= n:
            return accepted[:n], len(accepted) / drawn
        if drawn >= MOST_DRAWS * n:
            name = type(gate).__name__
            raise GateStarved(
                f"{name} has let {len(accepted)} of {drawn} synthetic points pass; {n} are needed: "
                f"loosen the limits of the gate (gate.*), or take gate=none"
            )
        capacity = candidates.synthetic_pool.capacity
        drawn = 2 * drawn if capacity is None or drawn >= capacity else min(2 * drawn, capacity)
