"""Texts with a separator between cells, read by pyarrow; the place of a fault by the csv module, which counts lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from synthmix.data.sources.table.formats.base import MISSING, Cells, RawTable, Reading, first_line
from synthmix.data.sources.table.formats.delimited.dialect import (
    decoded,
    first_rows,
    found_header,
    found_separator,
    shown_separator,
)
from synthmix.data.sources.table.formats.delimited.numbers import as_numbers, found_decimal, trimmed
from synthmix.data.sources.table.formats.packed import content
from synthmix.data.sources.table.formats.texts import is_text, with_levels
from synthmix.errors import InvalidInput

WRITINGS = sorted({form for word in MISSING for form in (word, word.upper(), word.capitalize())} | {"NaN", "N/a"})
BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def read_delimited(path: Path, reading: Reading, separator: str | None = None) -> RawTable:
    """Reads a text; what the user does not say of it is found.

    Raises:
        InvalidInput: rows of differing length, a quote that does not end, or what cannot be found.
    """
    text, encoding = decoded(content(path, reading), reading)
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    separator = reading.separator or separator or found_separator(text)
    if len(separator) != 1:
        raise InvalidInput(f"data.separator={separator!r}: must be one character, such as ',' ';' '|' or a tab")
    rows = first_rows(text, separator)
    if not rows:
        raise reading.refusal("the first line must name the columns, it is empty")
    _refuse_absent_separator(text, rows, reading)
    header = reading.header if reading.header is not None else found_header(rows, reading)
    names = rows[0] if header else [str(number) for number in range(len(rows[0]))]
    reading.refuse_repeated(names)
    if separator == " ":
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    lines = Lines(text, separator, header)
    table = _parsed(text, separator, names, header, lines, reading)
    columns, decimal = _settled(table, reading)
    found = {
        "encoding": (reading.encoding, encoding, ("utf-8", "utf-8-sig")),
        "separator": (reading.separator, separator, (",", "\t")),
        "decimal": (reading.decimal, decimal, (".",)),
        "header": (reading.header, header, (True,)),
    }
    notes = tuple(
        f"data.{key}={_shown(value)}: found in data.path={reading.path}"
        for key, (given, value, usual) in found.items()
        if given is None and value not in usual
    )
    at = {name: place for place, name in enumerate(names)}
    return RawTable(columns, table.num_rows, lines.place, lambda row, name: lines.cells(row)[at[name]], notes)


def _refuse_absent_separator(text: str, rows: Sequence[Sequence[str]], reading: Reading) -> None:
    """Raises InvalidInput where the separator that was said makes one column, and another one several of every line."""
    if reading.separator is None or any(len(row) > 1 for row in rows):
        return
    other = found_separator(text)
    widths = {len(row) for row in first_rows(text, other)}
    if len(widths) == 1 and (width := widths.pop()) > 1:
        said, gives = shown_separator(reading.separator), f"{shown_separator(other)!r} gives {width} columns"
        raise InvalidInput(f"data.separator={said!r}: stands in no line of data.path={reading.path}, {gives}")


class Lines:
    """The rows of a text with the lines that they end in, which are looked up where something is wrong."""

    def __init__(self, text: str, separator: str, header: bool) -> None:
        self.text, self.separator, self.header = text, separator, header
        self.row = lru_cache(maxsize=64)(self._row)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True, delimiter=self.separator)
        for number, row in enumerate(reader):
            if number or not self.header:
                yield reader.line_num, row

    def _row(self, row: int) -> tuple[int, list[str]]:
        return next(found for number, found in enumerate(self) if number == row)

    def place(self, row: int) -> str:
        """Where a row ends."""
        return f"line {self.row(row)[0]}"

    def cells(self, row: int) -> list[str]:
        """The texts of a row."""
        return self.row(row)[1]


def _parsed(text: str, separator: str, names: Sequence[str], header: bool, lines: Lines, reading: Reading) -> Any:
    """The columns as pyarrow takes them."""
    import pyarrow as pa
    import pyarrow.csv as arrow

    if BLANK_LINE.search(text) or text.count('"') % 2:
        _refuse_lines(lines, len(names), reading)
    raw = text.encode()
    try:
        return arrow.read_csv(
            pa.py_buffer(raw),
            read_options=arrow.ReadOptions(column_names=list(names), skip_rows=0, skip_rows_after_names=int(header)),
            parse_options=arrow.ParseOptions(
                delimiter=separator, newlines_in_values='"' in text, ignore_empty_lines=len(names) > 1
            ),
            convert_options=arrow.ConvertOptions(
                null_values=WRITINGS,
                strings_can_be_null=True,
                auto_dict_encode=True,
                auto_dict_max_cardinality=2000,
                true_values=["true", "True", "TRUE"],
                false_values=["false", "False", "FALSE"],
                decimal_point=reading.decimal or ".",
            ),
        )
    except pa.ArrowInvalid as error:
        _refuse_lines(lines, len(names), reading)
        if next(iter(lines), None) is None:  # nothing below the names
            return pa.table({name: pa.array([], pa.float64()) for name in names})
        raise reading.refusal(f"not a csv file ({first_line(error)})") from error


def _refuse_lines(lines: Lines, width: int, reading: Reading) -> None:
    """Raises InvalidInput at the first row of another length."""
    first = "the header has" if lines.header else "the first has"
    try:
        for line, row in lines:
            if len(row) != width and not (width == 1 and not row):
                raise reading.refusal(f"line {line} has {len(row)} fields, {first} {width}")
    except csv.Error as error:
        raise reading.refusal(f"not a csv file ({error})") from error


def _settled(table: Any, reading: Reading) -> tuple[dict[str, Cells], str]:
    """The columns, texts as numbers where all of a column are some in one writing, and the decimal sign of these."""
    import pyarrow.compute as pc

    columns: dict[str, Cells] = dict(zip(table.column_names, table.columns, strict=True))
    texts = {name: with_levels(column) for name, column in columns.items() if is_text(column.type)}
    levels = {name: trimmed(column.dictionary) for name, column in texts.items()}
    decimal = found_decimal(levels, reading)
    for name, column in texts.items():
        numbers = as_numbers(levels[name], decimal)
        taken = levels[name] if numbers is None or not pc.count(numbers).as_py() else numbers
        columns[name] = taken.take(column.indices)
    return columns, decimal


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else shown_separator(str(value))
