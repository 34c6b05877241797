"""The order in which training sees its points, readable from any step, so that it can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from synthmix.seeds import generator_for


class MinibatchOrder:
    """An endless row order: one seeded permutation of the n points after the other.

    A minibatch may be larger than n, and no point is dropped at the end of a round.
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed

    def block(self, start: int, stop: int) -> Tensor:
        """Row numbers of the minibatches `start` to `stop`, (stop − start, batch_size)."""
        first, last = start * self.batch_size, stop * self.batch_size
        rounds = range(first // self.n, -(-last // self.n))
        rows = torch.cat([self._round(number) for number in rounds])
        offset = first - rounds.start * self.n
        return rows[offset : offset + last - first].view(-1, self.batch_size)

    def _round(self, number: int) -> Tensor:
        return torch.randperm(self.n, generator=generator_for(self.seed, "round", number))


class _Progress(Protocol):
    last_step: int
    steps_done: int


class Blocks:
    """Hands a training its minibatches in blocks, from where it is to the end of its span.

    A block ends at each multiple of a number in `ends`.

    One pass (an epoch, to Lightning) is a span of `span` generator steps; it starts from the step that the training
    has reached, so that a resumed one goes on where it stopped.
    """

    def __init__(self, training: _Progress, order: MinibatchOrder, *, span: int, ends: Sequence[int]) -> None:
        self.training, self.order, self.span, self.ends = training, order, span, ends

    def __iter__(self) -> Iterator[Tensor]:
        start = self.training.steps_done
        stop = min(self.training.last_step, (start // self.span + 1) * self.span)
        while start < stop:
            end = min(stop, *((start // every + 1) * every for every in self.ends))
            yield self.order.block(start, end)
            start = end
