"""Sets of features that a metric compares: checked, kept over batches, and passed through block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

BLOCK_VALUES = 2**20  # of a block of rows against all others: 8 MB in float64, whatever the number of points


def checked(features: Tensor, *, least: int, what: str) -> Tensor:
    """The features as float64.

    Args:
        features: (N, D).
        least: number of points that is needed.
        what: the set is, for the error.

    Raises:
        ValueError: they are no matrix, too few or not finite.
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"{what} features must be of shape (N, D) with D ≥ 1, got {tuple(features.shape)}")
    if len(features) < least:
        raise ValueError(f"needs at least {least} {what} points, got {len(features)}")
    if not features.isfinite().all():
        raise ValueError(f"{what} points must be finite numbers")
    return features.double()


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices over rows such that a block of them against all columns has `BLOCK_VALUES` values at most."""
    step = max(1, BLOCK_VALUES // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def squared_distance_blocks(points: Tensor, others: Tensor) -> Iterator[tuple[slice, Tensor]]:
    r"""Squared Euclidean distances, one block of rows after another, by a single matrix product each.

    .. math:: \|x - y\|^2 = (-2x, 1, \|x\|^2) \cdot (y, \|y\|^2, 1)

    The points are centred first, so that little is lost where the norms cancel: the error is some 1e-14 of the squared
    norms, and a distance of nothing may come out a little below it.

    Args:
        points: (N, D), float64.
        others: (M, D), float64.

    Yields:
        The rows, and their squared distances to all others, (rows, M); the memory is used again for the next block.
    """
    centre = others.mean(0)
    left, right = points - centre, others - centre
    left = torch.cat([-2 * left, torch.ones_like(left[:, :1]), left.square().sum(1, keepdim=True)], dim=1)
    right = torch.cat([right, right.square().sum(1, keepdim=True), torch.ones_like(right[:, :1])], dim=1).T.contiguous()
    for rows in row_blocks(len(points), len(others)):
        yield rows, left[rows] @ right


class FeatureSets(Metric):
    """Base of metrics that need whole sets at once: batches are kept until `compute`.

    Their features add up over batches and processes by being put one after another.

    Attributes:
        parts: names of the sets.
    """

    parts: tuple[str, ...] = ("real", "synthetic")
    full_state_update = False
    is_differentiable = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for part in self.parts:
            self.add_state(part, [], dist_reduce_fx="cat")

    def keep(self, part: str, features: Tensor) -> None:
        """Adds a batch (N, D) to the set called `part`."""
        getattr(self, part).append(features.detach())

    def kept(self, part: str) -> Tensor:
        """All batches of a set, (N, D).

        Raises:
            ValueError: there has been none.
        """
        batches = getattr(self, part)
        if isinstance(batches, Tensor):  # gathered from several processes
            return batches
        if not batches:
            raise ValueError(f"no {part} points: call update first")
        return torch.cat(batches)


class TwoSets(FeatureSets):
    """Base of metrics of real points against synthetic ones."""

    def update(self, features: Tensor, *, real: bool) -> None:
        """Adds a batch of features, (N, D), of real or of synthetic points."""
        self.keep("real" if real else "synthetic", features)
