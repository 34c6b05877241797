"""Encoded rows as numbers and levels, for learners that measure the two in ways of their own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.data.encoding import places
from synthmix.spec import Column

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MixedRows:
    """Rows in two parts. What has an order (numbers, dates and their parts, ordered levels) counts as a number.

    Attributes:
        numbers: (N, P), as they stand.
        levels: (N, L): of each column of levels one 1 among 0s. A row between two levels has that which it would be
            written to a file as.
        blocks: where each of the Q columns of levels stands in `levels`.
    """

    numbers: Array
    levels: Array
    blocks: tuple[slice, ...]

    @classmethod
    def of(cls, points: Array, columns: Sequence[Column] | None) -> Self:
        """Rows by their columns; without columns all values are numbers.

        Raises:
            ValueError: the columns take another number of values than a row, (N, W), has.
        """
        if not columns:
            return cls(points, points[:, :0], ())
        if (width := sum(column.width for column in columns)) != points.shape[1]:
            raise ValueError(f"table_columns: take {width} values; X has {points.shape[1]}")
        found = [*zip(columns, places(columns), strict=True)]
        nominal = [_levels(column, points[:, place]) for column, place in found if _is_nominal(column)]
        numbers = [at for column, place in found if not _is_nominal(column) for at in range(place.start, place.stop)]
        ends: list[int] = np.cumsum([0, *(block.shape[1] for block in nominal)]).tolist()
        blocks = tuple(slice(start, end) for start, end in itertools.pairwise(ends))
        return cls(points[:, numbers], np.concatenate([points[:, :0], *nominal], axis=1), blocks)

    @property
    def n_columns(self) -> int:
        """Of both kinds."""
        return int(self.numbers.shape[1]) + len(self.blocks)


def _is_nominal(column: Column) -> bool:
    return column.kind in ("categorical", "boolean")


def _levels(column: Column, values: NDArray[Any]) -> Array:
    """The nearest level of each row, as one 1 among 0s: (N, K)."""
    if column.kind == "boolean":  # 0 or 1, in one place
        return np.asarray(np.eye(2)[(values[:, 0] > 0.5).astype(int)])
    return np.asarray(np.eye(column.width)[values.argmax(axis=1)])
