"""Hides values of train on purpose and fills them, so that imputation has a truth: val and test stay as they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from scipy.stats import rankdata
from torch import Tensor

from synthmix.data.base import Dataset, Imputation, Splits
from synthmix.data.encoding import by_place, places, spread
from synthmix.data.filling import NUMERIC, WHOLE, Filling
from synthmix.seeds import generator_for
from synthmix.spec import Column, Hiding

Mechanism = Callable[[Tensor, float, torch.Generator], Tensor]


def hidden(splits: Splits, hiding: Hiding, imputation: Imputation, seed: int, *, keeps_gaps: bool) -> Splits:
    """The same splits of a complete table with values of train, and of the pool that continues it, hidden and filled.

    A table's scale is that of the complete train, so that val and test do not move, and its levels too. What is hidden
    depends on neither the size of train nor the share: a smaller train is the beginning of a larger one, and what is
    hidden at one share is hidden at each greater. The first row is complete, so that no column loses all its values.

    Args:
        splits: complete.
        hiding: which share of the values is hidden, and by what it is decided which.
        imputation: what fills them, fitted on train.
        seed: of the cell.
        keeps_gaps: whether generators are told what was hidden.

    Returns:
        The splits, with scores of the imputation of train among their numbers.
    """
    truth = _Coded.of(splits)
    gaps = MECHANISMS[hiding.mechanism](truth.x, hiding.share, generator_for(seed, "hiding", hiding.mechanism))
    gaps[0] = False
    n = len(splits.train)
    incomplete = truth.as_dataset(truth.x.masked_fill(gaps, math.nan), imputation)
    filling = Filling.fit(incomplete.take(slice(n)))
    filled = filling(incomplete).x
    learn = torch.cat([splits.train.x, splits.pool.x])
    at = by_place(gaps, truth.columns)
    learn = torch.where(at, truth.encoded(filled), learn)
    return replace(
        splits,
        train=replace(splits.train, x=learn[:n]),
        pool=replace(splits.pool, x=learn[n:]),
        gaps=at[:n] if keeps_gaps else None,
        numbers={**splits.numbers, **truth.scores(filled[:n], gaps[:n])},
    )


def completely_at_random(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Each value with the same probability."""
    return torch.rand(x.shape, generator=generator, dtype=torch.float64) < share


def at_random(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """By a value of the row that is not hidden itself: of each row one is drawn, and the greater, the more is hidden.

    Whether a value is hidden then depends on values alone that are there.
    """
    n, dim = x.shape
    shown = torch.randint(dim, (n,), generator=generator)[:, None]
    uniform = torch.rand(x.shape, generator=generator, dtype=torch.float64)
    gaps = uniform < _rising(_ranks(x).gather(1, shown), share * dim / (dim - 1))
    return gaps.scatter(1, shown, False)


def not_at_random(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """By the value itself: the greater ones of a column are hidden more often."""
    return torch.rand(x.shape, generator=generator, dtype=torch.float64) < _rising(_ranks(x), share)


MECHANISMS: dict[str, Mechanism] = {
    "completely_at_random": completely_at_random,
    "at_random": at_random,
    "not_at_random": not_at_random,
}


def _ranks(x: Tensor) -> Tensor:
    """Of each value the share of its column that lies below it, equal values half: (N, D), of mean one half."""
    return torch.from_numpy((rankdata(x.numpy(), axis=0) - 0.5) / len(x))


def _rising(ranks: Tensor, share: float) -> Tensor:
    """Probabilities that rise as steeply as they can with the rank, and with the share, and are `share` in the mean."""
    return share + (2 * ranks - 1) * min(share, 1 - share)


@dataclass(frozen=True)
class _Coded:
    """The points to learn from, train first, as a table has them: a value a column, of a category its code.

    Attributes:
        splits: that they are from.
        columns: of the table; of a set that has no names, numbers.
        x: float64, (N, D).
    """

    splits: Splits
    columns: tuple[Column, ...]
    x: Tensor

    @classmethod
    def of(cls, splits: Splits) -> _Coded:
        """From encoded points."""
        spec, scaling = splits.train.spec, splits.scaling
        assert scaling is not None
        columns = spec.columns or tuple(Column(str(number), "numeric") for number in range(spec.size))
        points = scaling.undone(torch.cat([splits.train.x, splits.pool.x]))
        blocks = [points[:, place] for place in places(columns)]
        hot = [column.kind == "categorical" and column.width > 1 for column in columns]
        codes = [block.argmax(1).double() if is_hot else block[:, 0] for block, is_hot in zip(blocks, hot, strict=True)]
        whole = torch.tensor([column.kind in WHOLE for column in columns])
        x = torch.stack(codes, dim=1)
        return cls(splits, columns, torch.where(whole, x.round(), x))

    def as_dataset(self, x: Tensor, imputation: Imputation) -> Dataset:
        """The points with other values, for a `Filling`."""
        spec = replace(self.splits.train.spec, shape=(len(self.columns),), columns=self.columns)
        return Dataset(x, None, spec, impute=imputation)

    def encoded(self, x: Tensor) -> Tensor:
        """Points (N, D) on the scale that learners see, (N, W), float32."""
        assert self.splits.scaling is not None
        blocks = [
            spread(column, x[:, at]) if column.width > 1 else x[:, at, None] for at, column in enumerate(self.columns)
        ]
        return self.splits.scaling(torch.cat(blocks, dim=1))

    def scores(self, filled: Tensor, gaps: Tensor) -> dict[str, float]:
        """How near what was filled is to what was hidden, of train, (n, D).

        The root mean square error over numbers and dates in standard deviations of train, and the share of levels that
        are right over all other columns.
        """
        truth = self.x[: len(filled)]
        numeric = torch.tensor([column.kind in NUMERIC for column in self.columns])
        scores = {"data/hidden_share": float(gaps.double().mean())}
        if (at := gaps & numeric).any():
            deviation = truth.std(dim=0, correction=0)
            error = (filled - truth) / torch.where(deviation > 0, deviation, 1.0)
            scores["data/imputation_rmse"] = float(error[at].square().mean().sqrt())
        if (at := gaps & ~numeric).any():
            scores["data/imputation_accuracy"] = float((filled == truth)[at].double().mean())
        return scores
