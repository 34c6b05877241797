"""SMOTE-NC: the control that interpolates numbers and leaves levels what they are."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.data.columns import typed_columns
from synthmix.generators.controls import Smote

LEVELLED = ("categorical", "boolean", "ordinal")


class Smotenc(Smote):
    """Points of `Smote` whose levels are the commonest among the neighbours of the train point that they begin at.

    Of levels that are as common as each other the one of the nearest neighbour is taken. Neighbours are near in the
    encoded points, where two levels are a standard deviation of a number apart; that is what the article takes.

    Source: Chawla et al. 2002, section 6.1, without classes.
    """

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Finds the neighbours of every train point, and their commonest levels."""
        super().fit(dataset, seed=seed)
        flat = self.x.flatten(1)
        self.commonest = flat.clone()
        self.is_level = torch.zeros(flat.shape[1], dtype=torch.bool)
        for column, place in typed_columns(dataset.spec):
            if column.kind in LEVELLED:
                self.is_level[place] = True
                self.commonest[:, place] = _commonest(flat[:, place], self.neighbors)
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` points: numbers interpolated as those of `Smote` are, levels those of train."""
        start = torch.randint(len(self.x), (n,), generator=rng)
        which = torch.randint(self.neighbors.shape[1], (n,), generator=rng)
        flat = self.x.flatten(1)
        u = torch.rand((n, 1), generator=rng)
        between = torch.lerp(flat[start], flat[self.neighbors[start, which]], u)
        return torch.where(self.is_level, self.commonest[start], between).reshape(n, *self.spec.shape)


def _commonest(block: Tensor, neighbors: Tensor) -> Tensor:
    """For each point the commonest row of `block`, (N, W), among its neighbours, (N, k), the nearest first."""
    rows, level = torch.unique(block, dim=0, return_inverse=True)
    found = torch.nn.functional.one_hot(level[neighbors], len(rows)).double()
    nearness = 1 - torch.arange(found.shape[1]) / (found.shape[1] + 1)  # in (0, 1]
    nearest = (found * nearness[:, None]).max(dim=1).values
    chosen: Tensor = (found.sum(dim=1) + nearest / 2).argmax(dim=1)
    return torch.index_select(rows, 0, chosen)
