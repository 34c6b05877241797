"""A table of cells as a report writes it, beside the cells that it is of: which row is which, and whether it holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthmix.analysis.collect import flat_config
from synthmix.errors import InvalidInput
from synthmix.recompute.comparing import Value
from synthmix.recompute.own_store import Recomputed
from synthmix.report.files import as_cell
from synthmix.study.asked import Asked

STATUS = "status"
SIZE = "data.n_train"
COMPUTED = ("finished", "unavailable")  # of a row that can be computed once more


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        keys: what tells its cell from the others, as texts.
        status: finished, unavailable, failed or missing.
        values: scores and chosen settings, as texts; empty where there is none.
    """

    keys: Mapping[str, str]
    status: str
    values: Mapping[str, str]

    @property
    def arm(self) -> tuple[str, ...]:
        """What it has in common with the rows of other seeds."""
        return tuple(value for key, value in self.keys.items() if key != "seed")

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.keys.items())


def read_rows(text: str, where: str) -> list[Row]:
    """The rows of a `cells.csv`.

    Raises:
        InvalidInput: it is none: no column `status`, or rows of differing length.
    """
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InvalidInput(f"{where}: no table of commas ({error})") from error
    head, body = (lines[0], lines[1:]) if lines else ([], [])
    if STATUS not in head or len(set(head)) < len(head):
        raise InvalidInput(f"{where}: must have a column {STATUS}, and each column once")
    for number, line in enumerate(body, start=2):
        if len(line) != len(head):
            raise InvalidInput(f"{where}, line {number}: has {len(line)} cells; must have {len(head)}")
    place = head.index(STATUS)
    return [
        Row(
            dict(zip(head[:place], line[:place], strict=True)),
            line[place],
            dict(zip(head[place + 1 :], line[place + 1 :], strict=True)),
        )
        for line in body
    ]


def matched(rows: Sequence[Row], cells: Iterable[tuple[Asked, Any]], where: str) -> list[tuple[Row, Any]]:
    """Each row with what belongs to its cell, in the order of the rows.

    Args:
        rows: of the table.
        cells: each with what belongs to it.
        where: the table, for faults.

    Raises:
        InvalidInput: a row is of no cell or of several; a line for each, up to ten.
    """
    keys = list(rows[0].keys) if rows else []
    known: dict[tuple[str, ...], list[Any]] = {}
    for asked, thing in cells:
        flat = flat_config(asked)
        for size in dict.fromkeys([asked.n_train, asked.config["data"].get("n_train")]):  # a table may say either
            of_cell = {**flat, SIZE: size}
            known.setdefault(tuple(_text(of_cell.get(key)) for key in keys), []).append(thing)
    found = [(row, known.get(tuple(map(_number, row.keys.values())), [])) for row in rows]
    wrong = ((row, "several cells" if of_row else "no cell") for row, of_row in found if len(of_row) != 1)
    faults = [f"{where}: {row}: {what} that it could be of" for row, what in wrong]
    if faults:
        raise InvalidInput(*faults[:10])
    return [(row, of_row[0]) for row, of_row in found]


def compared(row: Row, found: Recomputed) -> list[Value]:
    """What a row says of its cell beside what this comes to here, its status first; a score without a column is new."""
    here = {name: value for name, value in found.values.items() if not _is_nan(value)}
    values = [Value(STATUS, row.status, found.status)]
    for name, text in row.values.items():
        if text or name in here:
            values.append(Value(name, _read(text, here.get(name)), here.get(name)))
    return values


def _read(text: str, here: Any) -> Any:
    """The text of a cell as the kind of thing that it is here."""
    if not text:
        return None
    if isinstance(here, int | float) and not isinstance(here, bool):
        try:
            return float(text)
        except ValueError:
            return text
    return here if here is not None and text == str(as_cell(str(here))) else text


def _text(value: Any) -> str:
    """A key of a config as `_number` has that of a row."""
    return "" if value is None else _number(str(as_cell(str(value))))


def _number(text: str) -> str:
    """A text, one that is a number in one way of writing: a table has 1 and 1.0 of the same ratio."""
    try:
        return repr(float(text))
    except ValueError:
        return text


def _is_nan(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)
