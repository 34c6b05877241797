"""Workbooks of Excel: their first sheet."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthmix.data.sources.table.formats.base import MISSING, Cells, RawTable, Reading
from synthmix.data.sources.table.formats.delimited.dialect import found_header
from synthmix.data.sources.table.formats.packed import content, declared_size


def read_excel(path: Path, reading: Reading) -> RawTable:
    """Reads the first sheet.

    Raises:
        InvalidInput: no workbook, an empty sheet, one that says it holds too much, or openpyxl is not installed.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise reading.refusal("reading .xlsx needs openpyxl: pip install 'synthmix[excel]'") from error
    reading.refuse_size(declared_size(path, reading))
    raw = io.BytesIO(content(path, reading))
    with reading.parsing("not a workbook"):
        book = load_workbook(raw, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    while rows and all(cell is None for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise reading.refusal("the first line must name the columns, it is empty")
    texts = [["" if cell is None else str(cell).strip() for cell in row] for row in rows[:200]]
    header = reading.header if reading.header is not None else found_header(texts, reading)
    names = texts[0] if header else [str(number) for number in range(len(texts[0]))]
    reading.refuse_repeated(names)
    cells = rows[1:] if header else rows
    others = len(book.worksheets) - 1
    notes = [] if header else [f"data.header=false: found in data.path={reading.path}"]
    notes += [f"data.path={reading.path}: sheet {sheet.title!r} is read, {others} more are not"] if others else []
    columns = {name: _column([row[place] for row in cells]) for place, name in enumerate(names)}

    def text(row: int, name: str) -> str:
        return str(cells[row][names.index(name)])

    return RawTable(columns, len(cells), lambda row: f"line {row + 1 + int(header)}", text, tuple(notes))


def _column(cells: Sequence[Any]) -> Cells:
    """One column: numbers, truth values or dates where all its cells are, else texts."""
    import pyarrow as pa

    known = [None if cell is None or str(cell).strip().lower() in MISSING else cell for cell in cells]
    kinds = {type(cell) for cell in known if cell is not None}
    if kinds <= {int, float} and kinds:
        if kinds == {int}:
            return pa.array(known, pa.int64() if all(abs(cell or 0) < 2**63 for cell in known) else pa.float64())
        return pa.array([None if cell is None else float(cell) for cell in known], pa.float64())
    if kinds in ({bool}, {datetime.datetime}):
        return pa.array(known)
    return pa.array([None if cell is None else str(cell).strip() for cell in known], pa.string())
