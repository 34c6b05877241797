"""Pollution of train on purpose, so that what it costs has a truth: val and test stay as they are, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from synthmix.config.polluted_share import GOLDEN
from synthmix.data.base import Dataset, Splits
from synthmix.data.encoding import places
from synthmix.seeds import generator_for
from synthmix.spec import Column, Pollution

REACH = 6.0  # standard deviations of a column of train, to either side of its mean


def polluted(splits: Splits, pollution: Pollution, seed: int) -> Splits:
    """The same splits with a share of the places of train, and of the pool that continues it, polluted.

    A table's scale is that of the clean train, so that val and test do not move. Which places are polluted depends on
    their numbers alone: a smaller train is the beginning of a larger one, and what is polluted at one share is polluted
    at each greater one. A point that is put in place of another keeps the label of the place, but for a copy, which has
    that of its source.

    Args:
        splits: clean.
        pollution: what is done, and to which share of the places.
        seed: of the cell.
    """
    together = torch.cat([splits.train.x, splits.pool.x])
    labels = None if splits.train.y is None or splits.pool.y is None else torch.cat([splits.train.y, splits.pool.y])
    learn = replace(splits.train, x=together, y=labels)
    where = polluted_places(len(learn), pollution.share)
    learn = KINDS[pollution.kind](learn, where, generator_for(seed, "pollution", pollution.kind))
    n = len(splits.train)
    return replace(splits, train=learn.take(slice(n)), pool=learn.take(slice(n, None)))


def polluted_places(n: int, share: float) -> Tensor:
    """Which of the places 0, …, n - 1 are polluted: bool, (n,).

    Place i is where 1 - frac(i·g) < share, with g the golden ratio's fractional part: a sequence of low discrepancy, so
    that among the first n the share is met to within a few places, and place 0 is clean. The points stand in a seeded
    random order, so that which points these are is random all the same.
    """
    return 1 - (torch.arange(n, dtype=torch.float64) * GOLDEN).frac() < share


def outliers(learn: Dataset, where: Tensor, generator: torch.Generator) -> Dataset:
    """Points all over the place instead: each value uniform in the range of an image's, in six deviations of a column.

    The points of a table have been standardised and encoded; a category is any of the levels of train, each as likely.
    """
    low, high = learn.spec.value_range if learn.spec.kind == "image" and learn.spec.value_range else (-REACH, REACH)
    uniform = torch.rand(learn.x.shape, generator=generator)
    drawn = low + (high - low) * uniform
    for column, place in _columns(learn):
        if column.kind in ("categorical", "boolean"):
            n_levels = column.n_seen if column.kind == "categorical" and column.n_seen else 2
            level = (uniform[:, place.start] * n_levels).long().clamp(max=n_levels - 1)
            hot = learn.x[:, place].max()  # of a boolean its greater value: it is 0 or that
            drawn[:, place] = hot * (functional.one_hot(level, column.width) if column.width > 1 else level[:, None])
    return _replaced(learn, where, drawn)


def duplicates(learn: Dataset, where: Tensor, generator: torch.Generator) -> Dataset:
    """Copies of clean points that stand before the place instead, with their labels."""
    source = _clean_before(where, torch.rand(len(learn), generator=generator, dtype=torch.float64))
    labels = None if learn.y is None else learn.y[source]
    return replace(_replaced(learn, where, learn.x[source]), y=labels)


def shuffled(learn: Dataset, where: Tensor, generator: torch.Generator) -> Dataset:
    """Points whose every value is that of another clean point that stands before the place.

    What single values look like stays, and what they have to do with each other does not.
    """
    values = learn.x.flatten(1)
    source = _clean_before(where, torch.rand(values.shape, generator=generator, dtype=torch.float64))
    for _, place in _columns(learn):
        source[:, place] = source[:, place.start : place.start + 1]  # the places of a category move together
    return _replaced(learn, where, values.gather(0, source).reshape(learn.x.shape))


def mislabelled(learn: Dataset, where: Tensor, generator: torch.Generator) -> Dataset:
    """The same points under the label of another class, each as likely."""
    assert learn.y is not None
    assert learn.spec.n_classes is not None
    step = 1 + (torch.rand(len(learn), generator=generator) * (learn.spec.n_classes - 1)).long()
    return replace(learn, y=torch.where(where, (learn.y + step) % learn.spec.n_classes, learn.y))


Kind = Callable[[Dataset, Tensor, torch.Generator], Dataset]
KINDS: dict[str, Kind] = {
    "outliers": outliers,
    "duplicates": duplicates,
    "shuffled": shuffled,
    "mislabelled": mislabelled,
}


def _columns(learn: Dataset) -> Iterator[tuple[Column, slice]]:
    """The columns of a user's table, and where each stands in a point."""
    return zip(learn.spec.columns, places(learn.spec.columns), strict=True)


def _clean_before(where: Tensor, uniform: Tensor) -> Tensor:
    """For each polluted place a clean one before it, the place itself where it is clean.

    Args:
        where: which places are polluted, (n,).
        uniform: in [0, 1), (n,) or (n, D).

    Returns:
        int64, of the shape of `uniform`.
    """
    clean, own = torch.arange(len(where))[~where], torch.arange(len(where))
    before = (~where).cumsum(0)  # at a polluted place the number of clean ones before it
    if uniform.dim() > 1:
        where, own, before = (each[:, None] for each in (where, own, before))
    return torch.where(where, clean[(uniform * before).long().clamp(max=len(clean) - 1)], own)


def _replaced(learn: Dataset, where: Tensor, drawn: Tensor) -> Dataset:
    return replace(learn, x=torch.where(where.reshape(-1, *[1] * (learn.x.dim() - 1)), drawn, learn.x))
