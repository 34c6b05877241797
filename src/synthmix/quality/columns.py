"""Quality of a table column by column: what each holds, what pairs have in common, and what no file holds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp
from torch import Tensor

from synthmix.data.base import Splits
from synthmix.data.columns import Cells, cells_of, in_units, typed_columns

MOST_NAMED = 50  # columns with a score of their own
BETWEEN = 0.01  # of the way between two whole numbers, or levels: nearer than that is on them
ROUNDING = 2.0**-20  # standard deviations that 32 bits may be off

_Array = NDArray[np.float64]


def column_scores(points: Tensor, splits: Splits, independent: Tensor) -> dict[str, float]:
    """Scores of the columns of a table, of synthetic points and, as `_floor`, of real ones in their place.

    Args:
        points: synthetic, (N, W), encoded and scaled as the split has them.
        splits: `val` is the reference, the limits of what a column holds are those of `train`.
        independent: as many real points that are none of val.

    Returns:
        - `ks`: mean Kolmogorov-Smirnov distance of the columns of numbers, whole numbers and dates, and `tv`: mean
          total variation of those of levels, both in [0, 1], where there are such columns. For at most fifty columns
          of a user's table also each by itself, `ks_<column>` or `tv_<column>`.
        - `association_difference`: mean absolute difference of the association of a pair of columns (`associations`),
          where there are two columns.
        - `violations`: share of points that no file such as train could hold, as they are sampled and before they are
          repaired; it is made of `out_of_range` (a number beyond those of train, or a level that train lacks) and
          `off_level` (between two whole numbers or two levels). Their floor is that of val.
    """
    spec, scaling = splits.val.spec, splits.scaling
    val, made, floor = (cells_of(part, spec, scaling) for part in (splits.val.x, points, independent))
    named = bool(spec.columns) and len(val) <= MOST_NAMED
    scores = _with_floor(_margins(val, made, named=named), _margins(val, floor, named=named))
    if len(val) > 1:
        pairs = np.triu_indices(len(val), 1)
        real, synthetic, other = (associations(part)[pairs] for part in (val, made, floor))
        scores |= _with_floor(
            {"association_difference": float(np.abs(real - synthetic).mean())},
            {"association_difference": float(np.abs(real - other).mean())},
        )
    return scores | _with_floor(violations(points, splits), violations(splits.val.x[: len(points)], splits))


def distance(real: Cells, made: Cells) -> float:
    """Kolmogorov-Smirnov distance of numbers, total variation of levels: in [0, 1]."""
    if not real.n_levels:
        return float(ks_2samp(real.values, made.values, method="asymp").statistic)
    shares = [np.bincount(part.values.astype(int), minlength=real.n_levels) / len(part.values) for part in (real, made)]
    return float(0.5 * np.abs(shares[0] - shares[1]).sum())


def associations(columns: Sequence[Cells]) -> _Array:
    """How much each pair of columns has to do with each other, (J, J): 0 for nothing, and where a column is constant.

    Of two columns of numbers, whole numbers, dates or ordered levels it is Pearson's correlation in [-1, 1]; of such a
    column and levels without an order the correlation ratio, the root of the share of variance between levels (Fisher
    1925); of two of levels Cramér's V (1946), with as many levels as the file has. Both are in [0, 1].
    """
    blocks = [_block(column) for column in columns]
    starts = np.cumsum([0, *(block.shape[1] for block in blocks)])[:-1]
    everything = np.concatenate(blocks, axis=1)
    # Numbers are standardised and indicators divided by the root of their share, so that one product has all pairs.
    products = everything.T @ everything / len(everything)
    squares = np.add.reduceat(np.add.reduceat(np.square(products), starts, axis=0), starts, axis=1)
    levels = np.array([column.n_levels if _is_nominal(column) else 0 for column in columns])
    both = (levels > 0)[:, None] & (levels > 0)
    squares = np.where(both, (squares - 1) / np.maximum(np.minimum.outer(levels, levels) - 1, 1), squares)
    numbers = (levels == 0)[:, None] & (levels == 0)
    found = np.where(numbers, products[np.ix_(starts, starts)], np.sqrt(squares.clip(0, 1)))
    return np.asarray(found, dtype=np.float64)


def violations(points: Tensor, splits: Splits) -> dict[str, float]:
    """Shares of points, (N, W), that are out of train's range, off its levels, or either: see `column_scores`."""
    train, made = in_units(splits.train.x, splits.scaling), in_units(points, splits.scaling)
    beyond, between = np.zeros(len(made), dtype=bool), np.zeros(len(made), dtype=bool)
    for column, place in typed_columns(splits.train.spec):
        known, found = train[:, place], made[:, place]
        if column.kind == "categorical":
            level = found.argmax(axis=1)
            beyond |= (known.max(axis=0) <= 0)[level]
            between |= (np.abs(found - np.eye(column.width)[level]) > BETWEEN).any(axis=1)
            continue
        slack = ROUNDING * float(1 if splits.scaling is None else splits.scaling.scale[place.start])
        beyond |= (found[:, 0] < known[:, 0].min() - slack) | (found[:, 0] > known[:, 0].max() + slack)
        if column.kind in ("integer", "boolean", "ordinal"):
            between |= np.abs(found[:, 0] - np.rint(found[:, 0])) > BETWEEN + slack
    shares = {"violations": beyond | between, "out_of_range": beyond, "off_level": between}
    return {name: float(share.mean()) for name, share in shares.items()}


def _margins(real: Sequence[Cells], made: Sequence[Cells], *, named: bool) -> dict[str, float]:
    found: dict[str, list[float]] = {"ks": [], "tv": []}
    scores: dict[str, float] = {}
    for one, other in zip(real, made, strict=True):
        kind = "tv" if one.n_levels else "ks"
        found[kind].append(distance(one, other))
        if named:
            scores[_name(kind, one.column.name, scores)] = found[kind][-1]
    return {kind: float(np.mean(values)) for kind, values in found.items() if values} | scores


def _name(kind: str, column: str, taken: dict[str, float]) -> str:
    """A name that MLflow takes, and no other column has."""
    plain = kind + "_" + re.sub("_floor$", ".floor", re.sub(r"[^\w.-]", "_", column))
    numbered = (plain if number == 1 else f"{plain}.{number}" for number in itertools.count(1))
    return next(name for name in numbered if name not in taken)


def _is_nominal(column: Cells) -> bool:
    return column.column.kind in ("boolean", "categorical")


def _block(column: Cells) -> _Array:
    """Numbers of mean 0 and variance 1; levels as indicators over the root of their share. Where constant, 0."""
    if _is_nominal(column):
        hot = np.eye(column.n_levels)[column.values.astype(int)]
        return np.asarray(hot / np.sqrt(np.maximum(hot.mean(axis=0), 1 / len(hot))))
    centred = column.values - column.values.mean()
    deviation = np.sqrt(np.square(centred).mean())
    varies = np.ptp(column.values) > 0
    return np.asarray((centred / deviation if varies else 0 * centred)[:, None])


def _with_floor(scores: dict[str, float], floor: dict[str, float]) -> dict[str, float]:
    return scores | {f"{name}_floor": value for name, value in floor.items()}
