"""Documents in a column of a table, by the readers of `data=table`. Light: imports no torch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synthmix.data.sources.table.formats.base import RawTable, Reading
from synthmix.data.sources.table.formats.readers import read_raw
from synthmix.errors import InvalidInput


def column_texts(
    path: Path, reading: Reading, text_column: str
) -> tuple[tuple[str, ...], tuple[str, ...], list[str] | None, tuple[str, ...]]:
    """Places, texts and labels of the rows of a table, and what was found and not said by the user.

    Raises:
        InvalidInput: no such column; a cell without a text or a label.
    """
    raw = read_raw(path, reading)
    if not isinstance(raw, RawTable):
        raise reading.refusal("holds images; must hold a column of texts")
    if raw.n_rows == 0:
        raise reading.refusal("has no rows")
    texts = _cells(raw, reading, "text_column", text_column)
    _refuse_blank(raw, reading, text_column, texts, "text")
    labels = None
    if reading.label_column is not None:
        labels = _cells(raw, reading, "label_column", reading.label_column)
        _refuse_blank(raw, reading, reading.label_column, labels, "label")
    places = tuple(f"row {row + 1}" for row in range(raw.n_rows))
    return places, tuple(map(str, texts)), None if labels is None else list(map(str, labels)), raw.notes


def _cells(raw: RawTable, reading: Reading, key: str, name: str) -> Sequence[Any]:
    if name not in raw.columns:
        near = difflib.get_close_matches(name, raw.columns, n=1) or list(raw.columns)[:10]
        given = name or "null"
        raise InvalidInput(
            f"data.{key}={given}: no such column in data.path={reading.path}; there is {', '.join(near)}"
        )
    column = raw.columns[name]
    cells: Sequence[Any] = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
    if key == "text_column":
        numbers = [row for row, cell in enumerate(cells) if cell is not None and not isinstance(cell, str)]
        if numbers:
            raise InvalidInput(
                f"data.{key}={name}: {raw.place(numbers[0])} of data.path={reading.path} holds "
                f"{cells[numbers[0]]}; must be a column of texts"
            )
    return cells


def _refuse_blank(raw: RawTable, reading: Reading, name: str, cells: Sequence[Any], what: str) -> None:
    blank = [row for row, cell in enumerate(cells) if cell is None or not str(cell).strip()]
    if blank:
        more = f" ({len(blank)} such cells in this column)" if len(blank) > 1 else ""
        raise reading.refusal(f"{raw.place(blank[0])}, column {name}: no {what}; fill it, or leave out the row{more}")
