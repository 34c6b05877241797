"""Gates: filters that reject synthetic points before they are mixed."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.generators.base import Generator


class Gate(Protocol):
    """Says which synthetic points may enter a mixture; each point is judged by itself."""

    def accept(self, points: Tensor, splits: Splits) -> Tensor:
        """Points (N, *shape) → bool (N,)."""


class AcceptAll:
    """Rejects nothing."""

    def accept(self, points: Tensor, splits: Splits) -> Tensor:
        """All of them."""
        return torch.ones(len(points), dtype=torch.bool)


def accepted_points(generator: Generator, gate: Gate, splits: Splits, n: int, seed: int) -> Tensor:
    """The first `n` points of the synthetic pool of `seed` that pass the gate, (n, *shape)."""
    pool = generator.sample(n, seed)
    return pool[gate.accept(pool, splits)]
