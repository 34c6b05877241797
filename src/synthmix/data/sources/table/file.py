"""A user's table or images, read to numbers; what is no number is refused with its place.

Light: imports no torch, so that `synthmix validate` can read the file before anything is trained.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.formats.base import MISSING, Cells, RawImages, RawTable, Reading
from synthmix.data.sources.table.formats.readers import read_raw
from synthmix.errors import InvalidInput


@dataclass(frozen=True)
class Table:
    """The points of a file, and its labels.

    Attributes:
        columns: names of the D columns in `values`; of images there are none.
        values: float64, (N, D), all finite, where whole numbers beyond 2^53 are rounded; of images float32,
            (N, C, H, W), from 0 to 1.
        labels: int64, (N,), from 0 to K-1 in the sorted order of the file's own labels; None without a label column.
        n_classes: number of differing labels, those of the test set among them.
        notes: what was found in the file and not said by the user.
        test: the official test set where the file has one.
    """

    columns: tuple[str, ...]
    values: NDArray[Any]
    labels: NDArray[np.int64] | None
    n_classes: int | None
    notes: tuple[str, ...] = ()
    test: Table | None = None


def read_table(reading: Reading, drop_columns: Sequence[str] = ()) -> Table:
    """Reads a table and checks every cell of it, or images.

    Args:
        reading: the file, and how it is to be read.
        drop_columns: names of columns to leave out, such as ids.

    Raises:
        InvalidInput: no such file or column; rows of differing length; a cell that is missing or no number.
            Lines of a text count from 1, the header included; rows of the other forms from 0.
    """
    file = Path(reading.path).expanduser()
    if not file.is_file():
        raise reading.refusal("no such file")
    return _read(file, file.stat().st_mtime_ns, reading, tuple(drop_columns))


@lru_cache(maxsize=4)  # validate, each job of a sweep and the loader ask for the same table
def _read(path: Path, _modified_ns: int, reading: Reading, drop_columns: tuple[str, ...]) -> Table:
    raw = read_raw(path, reading)
    if isinstance(raw, RawImages):
        if drop_columns:
            raise InvalidInput(f"data.drop_columns=[{', '.join(drop_columns)}]: images have no columns; must be []")
        table, labels = _images(raw), (raw.labels, None if raw.test is None else raw.test.labels)
    else:
        table, labels = _table(raw, reading, drop_columns), _label_cells(raw, reading)
    return _labelled(table, *labels)


def _images(raw: RawImages) -> Table:
    pixels = raw.pixels.astype(np.float32)
    if raw.pixels.dtype == np.uint8 or pixels.max(initial=0) > 1:
        pixels /= 255
    test = None if raw.test is None else _images(raw.test)
    return Table((), np.ascontiguousarray(pixels), None, None, raw.notes, test)


def _table(raw: RawTable, reading: Reading, drop_columns: tuple[str, ...]) -> Table:
    label_column = reading.label_column
    _refuse_unknown_columns(raw, label_column, drop_columns)
    names = tuple(name for name in raw.columns if name != label_column and name not in drop_columns)
    faults = list(_header_faults(reading, raw, names))
    if faults:
        raise InvalidInput(*faults)
    numbers = {name: _numbers(raw.columns[name]) for name in names}
    faults = [fault for name in names for fault in _cell_faults(reading, raw, name, ~_is_32_bit(numbers[name]))]
    if label_column is not None:
        faults += _cell_faults(reading, raw, label_column, _missing(raw.columns[label_column]))
    if faults:
        raise InvalidInput(*faults)
    test = None if raw.test is None else _table(raw.test, reading, drop_columns)
    if test is not None and test.columns != names:
        raise reading.refusal(f"its test set has {len(test.columns)} columns, its other points have {len(names)}")
    return Table(names, np.stack(list(numbers.values()), axis=1), None, None, raw.notes, test)


def _refuse_unknown_columns(raw: RawTable, label_column: str | None, drop_columns: tuple[str, ...]) -> None:
    asked = [("label_column", label_column), *(("drop_columns", name) for name in drop_columns)]
    faults = []
    for key, name in asked:
        if name is not None and name not in raw.columns:
            near = difflib.get_close_matches(name, raw.columns, n=1) or list(raw.columns)[:10]
            faults.append(f"data.{key}={name}: no such column; there is {', '.join(near)}")
    if faults:
        raise InvalidInput(*faults)


def _header_faults(reading: Reading, raw: RawTable, names: tuple[str, ...]) -> Iterator[str]:
    path = reading.path
    if not names:
        yield f"data.path={path}: has no column of numbers left"
    elif raw.n_rows == 0:
        yield f"data.path={path}: has no rows"
    if "" in names:
        yield f"data.path={path}: column {list(raw.columns).index('') + 1} has no name; name it, or drop '' as an id"


def _cell_faults(reading: Reading, raw: RawTable, name: str, wrong: NDArray[np.bool_]) -> Iterator[str]:
    """One line for a column: the first wrong cell, and how many there are."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        first = int(rows[0])
        cell = raw.columns[name][first]
        cell = cell.as_py() if hasattr(cell, "as_py") else cell
        if raw.text is not None and cell is not None:
            cell = raw.text(first, name).strip()
        more = f" ({len(rows)} such cells in this column)" if len(rows) > 1 else ""
        yield f"data.path={reading.path}: {raw.place(first)}, column {name}: {_complaint(cell)}{more}"


def _complaint(cell: object) -> str:
    if cell is None or str(cell).strip().lower() in MISSING:
        return "missing value; fill it, leave out the row, or name the column in data.drop_columns"
    if isinstance(cell, str) and math.isnan(_number(cell)):
        return f"text {cell!r} where a number belongs"
    return f"{cell} is not a finite 32-bit number"


def _numbers(cells: Cells) -> NDArray[np.float64]:
    """The cells as numbers, NaN where a cell is none."""
    if not isinstance(cells, np.ndarray):
        cells = cells.to_numpy() if hasattr(cells, "num_chunks") else cells.to_numpy(zero_copy_only=False)
    if cells.dtype.kind in "biuf":
        return np.asarray(cells, dtype=np.float64)
    return np.array([_number(cell) for cell in cells], dtype=np.float64)


def _missing(cells: Cells) -> NDArray[np.bool_]:
    """Where a cell is missing, whatever else the column holds."""
    values = cells.tolist() if isinstance(cells, np.ndarray) else cells.to_pylist()
    return np.array([value is None or str(value).strip().lower() in MISSING for value in values], dtype=bool)


def _is_32_bit(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where they are finite 32-bit numbers; float64 holds the squares of these too, and so their variance."""
    return np.asarray(np.abs(numbers) <= np.finfo(np.float32).max)


def _number(cell: Any) -> float:
    if isinstance(cell, (np.datetime64, np.timedelta64)):
        return math.nan  # float() would count its ticks
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _label_cells(raw: RawTable, reading: Reading) -> tuple[Cells | None, Cells | None]:
    """The label column of the points and of their test set."""
    if reading.label_column is None:
        return None, None
    return raw.columns[reading.label_column], None if raw.test is None else raw.test.columns[reading.label_column]


def _labelled(table: Table, labels: Cells | None, of_test: Cells | None) -> Table:
    """The table with its labels and its test set's as 0 to K-1, sorted as numbers where all are, else as texts."""
    if labels is None:
        return table
    parts = [
        part.tolist() if isinstance(part, np.ndarray) else part.to_pylist()
        for part in (labels, np.array([]) if of_test is None else of_test)
    ]
    cells = [cell for part in parts for cell in part]
    numbers = np.array([_number(cell) for cell in cells])
    keys = np.array([str(cell) for cell in cells]) if np.isnan(numbers).any() else numbers
    known, codes = np.unique(keys, return_inverse=True)
    own, tested = np.split(codes.astype(np.int64), [len(parts[0])])
    test = None if table.test is None else replace(table.test, labels=tested, n_classes=len(known))
    return replace(table, labels=own, n_classes=len(known), test=test)
