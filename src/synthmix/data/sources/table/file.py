"""A user's table (csv, parquet or npz), read to numbers; what is no number is refused with its place.

Light: imports no torch, so that `synthmix validate` can read the file before anything is trained.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.formats import READERS, Cells, RawTable
from synthmix.errors import InvalidInput

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


@dataclass(frozen=True)
class Table:
    """The numeric columns of a file, and its labels.

    Attributes:
        columns: names of the D columns in `values`.
        values: float64, (N, D), all finite; whole numbers beyond 2^53 are rounded.
        labels: int64, (N,), from 0 to K-1 in the sorted order of the file's own labels; None without a label column.
    """

    columns: tuple[str, ...]
    values: NDArray[np.float64]
    labels: NDArray[np.int64] | None

    @property
    def n_classes(self) -> int | None:
        """Number of differing labels."""
        return None if self.labels is None else int(self.labels.max()) + 1


def read_table(path: str, label_column: str | None, drop_columns: Sequence[str]) -> Table:
    """Reads a table and checks every cell of it.

    Args:
        path: a .csv (UTF-8, comma-separated, names in the first line), .parquet, or .npz with the points in
            `x` or `X` (N, D), whose columns are called "0" to "D-1".
        label_column: name of the column, or of the array in an npz, that holds the labels, of any type.
        drop_columns: names of columns to leave out, such as ids.

    Raises:
        InvalidInput: no such file or column; rows of differing length; a cell that is missing or no number.
            Lines of a csv count from 1, the header included; rows of the other forms from 0.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise InvalidInput(f"data.path={path}: no such file")
    return _read(file, file.stat().st_mtime_ns, label_column, tuple(drop_columns))


@lru_cache(maxsize=4)  # validate, each job of a sweep and the loader ask for the same table
def _read(path: Path, _modified_ns: int, label_column: str | None, drop_columns: tuple[str, ...]) -> Table:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidInput(f"data.path={path}: must end in {', '.join(READERS)}")
    raw = reader(path, label_column)
    _refuse_unknown_columns(raw, label_column, drop_columns)
    names = tuple(name for name in raw.columns if name != label_column and name not in drop_columns)
    faults = list(_header_faults(path, raw, names))
    if faults:
        raise InvalidInput(*faults)
    numbers = {name: _numbers(raw.columns[name]) for name in names}
    faults = [fault for name in names for fault in _cell_faults(path, raw, name, ~_is_32_bit(numbers[name]))]
    if label_column is not None:
        missing = np.array([_is_missing(cell) for cell in raw.columns[label_column]])
        faults += _cell_faults(path, raw, label_column, missing)
    if faults:
        raise InvalidInput(*faults)
    labels = None if label_column is None else _encoded(raw.columns[label_column])
    return Table(names, np.stack(list(numbers.values()), axis=1), labels)


def _refuse_unknown_columns(raw: RawTable, label_column: str | None, drop_columns: tuple[str, ...]) -> None:
    asked = [("label_column", label_column), *(("drop_columns", name) for name in drop_columns)]
    faults = []
    for key, name in asked:
        if name is not None and name not in raw.columns:
            near = difflib.get_close_matches(name, raw.columns, n=1) or list(raw.columns)[:10]
            faults.append(f"data.{key}={name}: no such column; there is {', '.join(near)}")
    if faults:
        raise InvalidInput(*faults)


def _header_faults(path: Path, raw: RawTable, names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        yield f"data.path={path}: has no column of numbers left"
    elif raw.n_rows == 0:
        yield f"data.path={path}: has no rows"
    if "" in names:
        yield f"data.path={path}: column {list(raw.columns).index('') + 1} has no name; name it, or drop '' as an id"


def _cell_faults(path: Path, raw: RawTable, name: str, wrong: NDArray[np.bool_]) -> Iterator[str]:
    """One line for a column: the first wrong cell, and how many there are."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        first = int(rows[0])
        more = f" ({len(rows)} such cells in this column)" if len(rows) > 1 else ""
        yield f"data.path={path}: {raw.place(first)}, column {name}: {_complaint(raw.columns[name][first])}{more}"


def _complaint(cell: object) -> str:
    if _is_missing(cell):
        return "missing value; fill it, leave out the row, or name the column in data.drop_columns"
    if isinstance(cell, str) and math.isnan(_number(cell)):
        return f"text {cell!r} where a number belongs"
    return f"{cell} is not a finite 32-bit number"


def _is_missing(cell: object) -> bool:
    return cell is None or str(cell).strip().lower() in MISSING


def _numbers(cells: Cells) -> NDArray[np.float64]:
    """The cells as numbers, NaN where a cell is none."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biuf":
        return cells.astype(np.float64)
    return np.array([_number(cell) for cell in cells])


def _is_32_bit(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where they are finite 32-bit numbers; float64 holds the squares of these too, and so their variance."""
    return np.abs(numbers) <= np.finfo(np.float32).max


def _number(cell: Any) -> float:
    if isinstance(cell, (np.datetime64, np.timedelta64)):
        return math.nan  # float() would count its ticks
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _encoded(cells: Cells) -> NDArray[np.int64]:
    """Labels as 0 to K-1: sorted as numbers where all are, as texts otherwise."""
    numbers = _numbers(cells)
    keys = np.array([str(cell) for cell in cells]) if np.isnan(numbers).any() else numbers
    _, codes = np.unique(keys, return_inverse=True)
    return np.asarray(codes, dtype=np.int64)
