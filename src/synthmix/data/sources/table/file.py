"""A user's table or images, read to numbers; what is no number is refused with its place.

Light: imports no torch, so that `synthmix validate` can read the file before anything is trained.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.files.remote import fetched, is_url
from synthmix.data.sources.table.columns import Kinds, cell_faults, crowded, read_column, refused
from synthmix.data.sources.table.formats.base import MISSING, Cells, RawImages, RawTable, Reading
from synthmix.data.sources.table.formats.readers import read_raw
from synthmix.errors import InvalidInput
from synthmix.spec import Column


@dataclass(frozen=True)
class Asked:
    """What is asked of a table beside how it is read.

    Attributes:
        drop_columns: names of columns to leave out, such as ids.
        columns: kinds of columns by name, as pairs, for what is not to be guessed.
        missing: refuse, drop or impute.
        missing_values: what stands for a missing value.
    """

    drop_columns: tuple[str, ...] = ()
    columns: tuple[tuple[str, Any], ...] = ()
    missing: str = "refuse"
    missing_values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Table:
    """The points of a file, and its labels.

    Attributes:
        columns: the D columns in `values`; of images there are none.
        values: float64, (N, D), NaN where a value is missing and is to be imputed; of images float32, (N, C, H, W),
            from 0 to 1.
        labels: int64, (N,), from 0 to K-1 in the sorted order of the file's own labels; None without a label column.
        n_classes: number of differing labels, those of the test set among them.
        notes: what was found in the file and not said by the user.
        test: the official test set where the file has one.
        crowded: of columns whose values would fall together once they are standardised, how many do, by name.
    """

    columns: tuple[Column, ...]
    values: NDArray[Any]
    labels: NDArray[np.int64] | None
    n_classes: int | None
    notes: tuple[str, ...] = ()
    test: Table | None = None
    crowded: tuple[tuple[str, str], ...] = ()


def read_table(reading: Reading, asked: Asked) -> Table:
    """Reads a table and checks every cell of it, or images.

    Raises:
        InvalidInput: no such file or column; rows of differing length; a cell that is missing and refused, or is not
            what its column holds. Lines of a text count from 1, the header included; rows of the other forms from 0.
    """
    file = fetched(reading.path, reading.max_bytes) if is_url(reading.path) else Path(reading.path).expanduser()
    if file.is_dir():
        raise reading.refusal("is a folder, must be a file; data=image_folder reads pictures, data=text documents")
    if not file.is_file():
        raise reading.refusal("no such file")
    key = json.dumps([asked.columns, asked.missing_values])
    return _read(file, file.stat().st_mtime_ns, reading, asked.drop_columns, asked.missing, key)


@lru_cache(maxsize=4)  # validate, each job of a sweep and the loader ask for the same table
def _read(
    path: Path, _modified_ns: int, reading: Reading, drop_columns: tuple[str, ...], missing: str, said: str
) -> Table:
    columns, missing_values = json.loads(said)
    asked = Asked(drop_columns, tuple(map(tuple, columns)), missing, tuple(missing_values))
    raw = read_raw(path, reading)
    if isinstance(raw, RawImages):
        if drop_columns:
            raise InvalidInput(f"data.drop_columns=[{', '.join(drop_columns)}]: images have no columns; must be []")
        return _labelled(_images(raw), raw.labels, None if raw.test is None else raw.test.labels)
    table = _table(raw, reading, asked)
    labels = _label_cells(raw, reading)
    if missing == "drop":
        return _dropped(_labelled(table, *labels), reading)
    return _labelled(table, *labels)


def _images(raw: RawImages) -> Table:
    pixels = raw.pixels.astype(np.float32)
    if raw.pixels.dtype == np.uint8 or pixels.max(initial=0) > 1:
        pixels /= 255
    test = None if raw.test is None else _images(raw.test)
    return Table((), np.ascontiguousarray(pixels), None, None, raw.notes, test)


def _table(raw: RawTable, reading: Reading, asked: Asked) -> Table:
    label_column = reading.label_column
    _refuse_unknown_columns(raw, label_column, asked.drop_columns)
    names = tuple(name for name in raw.columns if name != label_column and name not in asked.drop_columns)
    said = Kinds(dict(asked.columns), asked.missing_values)
    refused([*_header_faults(reading, raw, names), *said.faults(raw)])
    strict = asked.missing == "refuse"
    columns, faults, notes, lines = list[Column](), list[str](), [*raw.notes], list[tuple[str, str]]()
    values = np.empty((raw.n_rows, len(names)))  # filled column by column, so that the points are held once
    for place, name in enumerate(names):
        read = read_column(raw, name, said)
        faults += cell_faults(reading, raw, read, refuse_missing=strict)
        columns.append(read.column)
        notes += [f"data.path={reading.path}: {note}" for note in read.notes]
        values[:, place] = read.values
        if not faults and (line := crowded(read)):
            lines.append((name, line))
    if label_column is not None:
        faults += _label_faults(reading, raw, label_column)
    refused(faults)
    test = None if raw.test is None else _table(raw.test, reading, asked)
    if test is not None and [each.name for each in test.columns] != list(names):
        raise reading.refusal(f"its test set has {len(test.columns)} columns, its other points have {len(names)}")
    if len(values) > 1 and (values == values[0]).all():
        raise reading.refusal("all rows are equal, so that there is nothing to learn")
    return Table(tuple(columns), values, None, None, tuple(notes), test, tuple(lines))


def _dropped(table: Table, reading: Reading) -> Table:
    """The table without the rows in which a value is missing, which is said."""
    whole = ~np.isnan(table.values).any(axis=1)
    n_lost = int((~whole).sum())
    if not whole.any():
        raise InvalidInput(f"data.missing=drop: each row of data.path={reading.path} lacks a value; must be impute")
    labels = None if table.labels is None else table.labels[whole]
    test = None if table.test is None else _dropped(table.test, reading)
    told = (f"data.missing=drop: {n_lost} of {len(whole)} rows of data.path={reading.path} are left out",)
    notes = (*table.notes, *(told if n_lost else ()))
    return replace(table, values=table.values[whole], labels=labels, test=test, notes=notes)


def _refuse_unknown_columns(raw: RawTable, label_column: str | None, drop_columns: tuple[str, ...]) -> None:
    asked = [("label_column", label_column), *(("drop_columns", name) for name in drop_columns)]
    faults: list[str] = []
    for key, name in asked:
        if name is not None and name not in raw.columns:
            near = difflib.get_close_matches(name, raw.columns, n=1) or list(raw.columns)[:10]
            faults.append(f"data.{key}={name}: no such column; there is {', '.join(near)}")
    if faults:
        raise InvalidInput(*faults)


def _header_faults(reading: Reading, raw: RawTable, names: tuple[str, ...]) -> Iterator[str]:
    path = reading.path
    if not names:
        yield f"data.path={path}: has no column left"
    elif raw.n_rows == 0:
        yield f"data.path={path}: has no rows"
    if "" in names:
        yield f"data.path={path}: column {list(raw.columns).index('') + 1} has no name; name it, or drop '' as an id"


def _label_faults(reading: Reading, raw: RawTable, name: str) -> Iterator[str]:
    """One line where a label is missing."""
    rows = np.flatnonzero(_missing(raw.columns[name]))
    if len(rows):
        more = f" ({len(rows)} such cells in this column)" if len(rows) > 1 else ""
        line = "missing value; a label must be there: fill it, or leave out the row"
        yield f"data.path={reading.path}: {raw.place(int(rows[0]))}, column {name}: {line}{more}"


def _missing(cells: Cells) -> NDArray[np.bool_]:
    """Where a cell is missing, whatever else the column holds."""
    values = cells.tolist() if isinstance(cells, np.ndarray) else cells.to_pylist()
    return np.array([value is None or str(value).strip().lower() in MISSING for value in values], dtype=bool)


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
