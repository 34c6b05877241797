"""The columns of encoded points, each with its place, and their values in the units and levels of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.encoding import places, rounded
from synthmix.data.scaling import Scaling
from synthmix.spec import DATE_PARTS, Column, DataSpec


def typed_columns(spec: DataSpec, *, parts: bool = False) -> list[tuple[Column, slice]]:
    """Each column, and its place in a flattened point. Where nobody has said what they are, all values are numeric.

    Args:
        spec: of encoded points.
        parts: whether a date in parts is a date of one value, and its parts are columns of numbers of their own.

    Raises:
        ValueError: the points are a table as it was loaded, whose levels nobody has given places yet.
    """
    columns = spec.columns or tuple(Column(str(number), "numeric") for number in range(spec.size))
    if sum(column.width for column in columns) != spec.size:
        raise ValueError(f"{spec.name}: its columns must have been encoded; call split first")
    found = [*zip(columns, places(columns), strict=True)]
    return [single for column, place in found for single in _singles(column, place)] if parts else found


def _singles(column: Column, place: slice) -> list[tuple[Column, slice]]:
    if column.encoding != "parts":
        return [(column, place)]
    parts = [Column(f"{column.name} {name}", "numeric") for name in DATE_PARTS]
    singles = [replace(column, encoding="plain"), *parts]
    return [(single, slice(at, at + 1)) for at, single in enumerate(singles, start=place.start)]


@dataclass(frozen=True)
class Cells:
    """The values of one column of some points.

    Attributes:
        column: its name and kind.
        values: (N,): float64 in the units of the file, of whole numbers and days the nearest; of levels their places.
        n_levels: of a boolean, an ordinal or a categorical column; 0 of others.
    """

    column: Column
    values: NDArray[np.float64]
    n_levels: int = 0


def cells_of(points: Tensor, spec: DataSpec, scaling: Scaling | None) -> list[Cells]:
    """Encoded points, (N, W), column by column, repaired as those that are written to a file are."""
    raw = in_units(points, scaling)
    return [_cells(column, raw[:, place]) for column, place in typed_columns(spec)]


def in_units(points: Tensor, scaling: Scaling | None) -> NDArray[np.float64]:
    """Encoded points, (N, W), in the units of the file as they stand: levels as places, or 0 and 1 for each."""
    values: NDArray[np.float64] = (points.double() if scaling is None else scaling.undone(points)).numpy()
    return values


def _cells(column: Column, values: NDArray[np.float64]) -> Cells:
    if column.kind == "categorical":
        return Cells(column, values.argmax(axis=1).astype(np.float64), column.width)
    cells = values[:, 0]
    if column.kind in ("boolean", "ordinal"):
        return Cells(column, np.rint(cells).clip(0, len(column.levels) - 1), len(column.levels))
    return Cells(column, rounded(column, cells))
