"""The order of training points, random access by step, so that a training can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from synthmix.seeds import generator_for


class MinibatchOrder:
    """An endless row order: a new seeded permutation of the n points for each pass over them.

    A minibatch may span several passes, and may be larger than n; no point is dropped.
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed

    def rows(self, start: int, stop: int) -> Tensor:
        """Row indices of the minibatches `start` to `stop`, (stop − start, batch_size)."""
        first, last = start * self.batch_size, stop * self.batch_size
        passes = range(first // self.n, -(-last // self.n))
        rows = torch.cat([self._pass(number) for number in passes])
        offset = first - passes.start * self.n
        return rows[offset : offset + last - first].view(-1, self.batch_size)

    def _pass(self, number: int) -> Tensor:
        return torch.randperm(self.n, generator=generator_for(self.seed, "round", number))


class _Progress(Protocol):
    last_step: int
    steps_done: int


class MinibatchBlocks:
    """Iterable over the minibatches of one Lightning epoch, many at a time.

    An epoch ends at the next multiple of `span` steps, and starts at the step that the training has reached, so that a
    resumed training continues where it stopped. A block ends at each multiple of a number in `ends`.
    """

    def __init__(self, training: _Progress, order: MinibatchOrder, *, span: int, ends: Sequence[int]) -> None:
        self.training, self.order, self.span, self.ends = training, order, span, ends

    def __iter__(self) -> Iterator[Tensor]:
        start = self.training.steps_done
        stop = min(self.training.last_step, (start // self.span + 1) * self.span)
        while start < stop:
            end = min(stop, *((start // every + 1) * every for every in self.ends))
            yield self.order.rows(start, end)
            start = end
