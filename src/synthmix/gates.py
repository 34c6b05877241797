"""Gates: filters that reject synthetic points before they are mixed."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.errors import Unavailable

MOST_DRAWS = 64


class Gate(Protocol):
    """Says which synthetic points may enter a mixture; each point is judged by itself."""

    def accept(self, points: Tensor, splits: Splits) -> Tensor:
        """Points (N, *shape) → bool (N,)."""


class Sampler(Protocol):
    """The synthetic pool of a fitted generator."""

    def sample(self, n: int, seed: int) -> Tensor:
        """The first `n` points of the pool of `seed`, (n, *shape)."""
        ...


class AcceptAll:
    """Rejects nothing."""

    def accept(self, points: Tensor, splits: Splits) -> Tensor:
        """All of them."""
        return torch.ones(len(points), dtype=torch.bool)


def accepted_points(generator: Sampler, gate: Gate, splits: Splits, n: int, seed: int) -> Tensor:
    """The first `n` points of the synthetic pool of `seed` that pass the gate, (n, *shape).

    Raises:
        Unavailable: of `MOST_DRAWS` times as many points too few have passed, or the generator can give no more.
    """
    drawn = n
    while True:
        pool = generator.sample(drawn, seed)
        accepted = pool[gate.accept(pool, splits)]
        if len(accepted) >= n:
            return accepted[:n]
        if drawn >= MOST_DRAWS * n:
            raise Unavailable(f"the gate has let {len(accepted)} of {drawn} synthetic points pass; {n} are needed")
        drawn *= 2
