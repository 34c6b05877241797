"""A generator that was fitted, and the synthetic pool whose beginning every ratio takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.gates.base import Sampler
from synthmix.generators.base import Generator, Labelled
from synthmix.generators.per_class import PerClass
from synthmix.quality.alarms import Curves
from synthmix.seeds import pool_seed


@dataclass(frozen=True)
class Fitted:
    """A fitted generator, read from the store only where it is needed itself, and its synthetic pool.

    Attributes:
        load: gives the generator.
        synthetic_pool: the sequence of points whose beginning every ratio takes.
        curves: the losses of its training, (step, value) by name.
        labels: gives those of the first so many points of the pool, for a supervised task; None where nobody knows
            them.
    """

    load: Callable[[], Generator]
    synthetic_pool: Sampler
    curves: Curves = field(default_factory=dict)
    labels: Callable[[int], Tensor] | None = None


@dataclass(frozen=True)
class StoredPool:
    """A synthetic pool, sampled and stored block by block as far as it is asked for."""

    block_size: int
    block: Callable[[int], Tensor]
    capacity: int | None = None

    def sample(self, n: int, seed: int) -> Tensor:
        """The first `n` points; the seed is that of the cell."""
        return torch.cat([self.block(index) for index in range(max(1, -(-n // self.block_size)))])[:n]


def labels_of_pool(model: Generator, splits: Splits, seed: int) -> Callable[[int], Tensor] | None:
    """The labels of the first so many points of a generator's pool, fitted or not; None where nobody knows them.

    Args:
        model: the generator.
        splits: with labels.
        seed: of the cell.
    """
    if isinstance(model, PerClass):
        return lambda n: model.pool_labels(n, pool_seed(seed))
    known = model.labels(splits) if isinstance(model, Labelled) else None
    return None if known is None else lambda n: known[:n]
