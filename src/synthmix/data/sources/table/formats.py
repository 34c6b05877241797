"""The file formats of a table, each read into named columns of cells as they stand. Light: imports no torch."""

from __future__ import annotations

import csv
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InvalidInput

Cells = Sequence[Any] | NDArray[Any]


@dataclass(frozen=True)
class RawTable:
    """Columns of equal length, by name.

    Attributes:
        columns: the cells of each column.
        n_rows: length of each column.
        place: names the place of row i in the file, for an error.
    """

    columns: dict[str, Cells]
    n_rows: int
    place: Callable[[int], str]


def read_csv(path: Path, label_column: str | None) -> RawTable:
    """Reads comma-separated UTF-8 text whose first line names the columns.

    Raises:
        InvalidInput: not such a text, or rows of differing length.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            for row in reader:
                rows.append(row)
                lines.append(reader.line_num)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"data.path={path}: not a csv file in UTF-8 ({error})") from error
    while rows and not rows[-1]:
        rows.pop()
    _refuse_bad_header(path, header)
    for line, row in zip(lines, rows, strict=False):
        if len(row) != len(header):
            raise InvalidInput(f"data.path={path}: line {line} has {len(row)} fields, the header has {len(header)}")
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return RawTable(dict(zip(header, columns, strict=True)), len(rows), lambda row: f"line {lines[row]}")


def read_parquet(path: Path, label_column: str | None) -> RawTable:
    """Reads a parquet file. Raises InvalidInput where it is none."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise InvalidInput(f"data.path={path}: not a parquet file ({_first_line(error)})") from error
    _refuse_repeated_names(path, table.column_names)
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    return RawTable(columns, table.num_rows, _row)


def read_npz(path: Path, label_column: str | None) -> RawTable:
    """Reads the matrix `x` or `X` of an npz file, and its array `label_column`.

    Raises:
        InvalidInput: not an npz file of plain arrays, no matrix in it, or as many labels as there are not points.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files if name in ("x", "X", label_column)}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"data.path={path}: not an npz file of plain arrays ({_first_line(error)})") from error
    matrices = [name for name in ("x", "X") if name in arrays]
    if len(matrices) != 1 or arrays[matrices[0]].ndim != 2:
        raise InvalidInput(f"data.path={path}: must hold the points (N, D) in one array x or X")
    points = arrays.pop(matrices[0])
    columns: dict[str, Cells] = {str(number): column for number, column in enumerate(points.T)}
    for name, labels in arrays.items():
        if labels.shape != points.shape[:1]:
            raise InvalidInput(f"data.label_column={name}: must have the shape ({len(points)},), has {labels.shape}")
        columns[name] = labels
    return RawTable(columns, len(points), _row)


# All are given the label column, as labels are an array of their own in an npz.
READERS = {".csv": read_csv, ".parquet": read_parquet, ".npz": read_npz}


def _refuse_bad_header(path: Path, header: list[str]) -> None:
    if not header:
        raise InvalidInput(f"data.path={path}: the first line must name the columns, it is empty")
    _refuse_repeated_names(path, header)
    counted = [[str(number) for number in range(first, first + len(header))] for first in (0, 1)]
    if header not in counted and all(_is_number(name) for name in header):
        raise InvalidInput(f"data.path={path}: the first line must name the columns, it holds numbers")


def _refuse_repeated_names(path: Path, names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidInput(f"data.path={path}: more than one column is called {repeated[0]!r}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _row(row: int) -> str:
    return f"row {row}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
