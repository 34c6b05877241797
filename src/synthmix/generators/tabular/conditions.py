"""Which level of which column a conditional generator is asked for, and rows of train that have it (Xu et al. 2019)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Condition(NamedTuple):
    """A level of one column for each row.

    Attributes:
        column, level: (N,).
        shown: what nets see of it, one 1 among the levels of all columns: (N, `n_values`).
    """

    column: Tensor
    level: Tensor
    shown: Tensor


class Conditions(nn.Module):
    """The columns of levels of a table: how often train has each level, and where.

    Attributes:
        share: of train, (Q, K), 0 for a level that is not there.
        n_values: of what is shown.
    """

    share: Tensor
    order: Tensor
    counts: Tensor

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.widths, self.n_values = widths, sum(widths)
        self.starts = torch.tensor([sum(widths[:column]) for column in range(len(widths))])
        self.register_buffer("share", torch.zeros(len(widths), max(widths, default=0)))

    def fit(self, levels: list[Tensor]) -> None:
        """Counts the levels of train, (N,) of each column."""
        if levels:
            counts = [torch.bincount(level, minlength=self.share.shape[1]) for level in levels]
            self.register_buffer("counts", torch.stack(counts), persistent=False)
            self.register_buffer("order", torch.stack([level.argsort() for level in levels]), persistent=False)
            self.share.copy_(self.counts / len(levels[0]))

    def even(self, n: int) -> Condition:
        """Conditions to train by: a column, each as likely, and a level by the logarithm of how often train has it."""
        return self._drawn(n, torch.log1p(self.counts.double()), None)

    def as_train(self, n: int, rng: torch.Generator) -> Condition:
        """Conditions to sample by: levels as often as train has them."""
        return self._drawn(n, self.share.double(), rng)

    def _drawn(self, n: int, weight: Tensor, rng: torch.Generator | None) -> Condition:
        column = torch.randint(len(self.widths), (n,), generator=rng, device=weight.device)
        level = torch.multinomial(weight[column], 1, generator=rng)[:, 0]
        place = self.starts.to(weight.device)[column] + level
        return Condition(column, level, functional.one_hot(place, self.n_values).float())

    def rows(self, condition: Condition) -> Tensor:
        """A row of train for each condition, drawn among those that have its level: numbers, (N,)."""
        before = (self.counts.cumsum(1) - self.counts)[condition.column, condition.level]
        n = self.counts[condition.column, condition.level]
        which = (torch.rand(len(n), device=n.device) * n).long().clamp(max=n - 1)
        return self.order[condition.column, before + which]
