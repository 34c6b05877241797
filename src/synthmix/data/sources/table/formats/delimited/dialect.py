"""Encoding, separator and header of a text, found where they are plain."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence

from synthmix.data.sources.table.formats.base import MISSING, Reading
from synthmix.errors import InvalidInput

# Those first that hardly ever stand within a cell.
SEPARATORS = ("\t", ";", "|", ",", " ", ":")
NAMES = {"\t": "tab", " ": "blanks"}
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
LINES_READ = 200


def shown_separator(separator: str) -> str:
    """A separator as a person would say it."""
    return NAMES.get(separator, separator)


def decoded(raw: bytes, reading: Reading) -> tuple[str, str]:
    """The text, and its encoding.

    Raises:
        InvalidInput: there is no such encoding, or the file is not in it.
    """
    encoding = reading.encoding
    if encoding is None:
        encoding = next((name for mark, name in MARKS if raw.startswith(mark)), "utf-8")
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            encoding = (
                "cp1252"
                if not any(raw.count(byte) for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
                else "latin-1"
            )
        if b"\x00" in raw:
            raise reading.refusal("holds bytes that no text has; name data.encoding if it is one")
    try:
        return raw.decode(encoding), encoding
    except LookupError as error:
        raise InvalidInput(
            f"data.encoding={encoding}: no such encoding; e.g. utf-8, latin-1, cp1252, utf-16"
        ) from error
    except UnicodeError as error:
        raise InvalidInput(f"data.encoding={encoding}: data.path={reading.path} is not in it ({error})") from error


def first_rows(text: str, separator: str, n: int = LINES_READ) -> list[list[str]]:
    """The first rows, blank ones left out, as the csv module has them."""
    rows: list[list[str]] = []
    lines = (" ".join(line.split()) if separator == " " else line for line in io.StringIO(text, newline=""))
    try:
        for row in csv.reader(lines, delimiter=separator):
            if row:
                rows.append([cell.strip() for cell in row])
            if len(rows) == n:
                break
    except csv.Error:
        return rows
    return rows


def found_separator(text: str) -> str:
    """The separator by which most of the first rows have one and the same number of fields, above one; else a comma."""
    head = text[: 2**18]
    best, most = ",", 0.0
    for separator in SEPARATORS:
        rows = first_rows(head, separator)
        if 1 < len(rows) != LINES_READ and len(head) < len(text):
            rows = rows[:-1]  # the last one is cut in the middle
        counts = Counter(len(row) for row in rows)
        if not counts:
            continue
        width, n = counts.most_common(1)[0]
        share = n / len(rows)
        if separator == " " and share < 1:
            continue
        if width == 1 and len(rows[0]) > 1:  # a header of several names over ragged rows
            width, share = len(rows[0]), 1 / len(rows)
        if width > 1 and share > most:
            best, most = separator, share
    return best


def found_header(rows: Sequence[Sequence[str]], reading: Reading) -> bool:
    """Whether the first row holds names.

    Raises:
        InvalidInput: it may be either.
    """
    first, below = rows[0], rows[1:]
    if any(list(first) == [str(number) for number in range(start, start + len(first))] for start in (0, 1)):
        return True
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers:
        # All texts: values rather than names where they come again below them.
        recurring = [cell in {row[place] for row in below if place < len(row)} for place, cell in enumerate(first)]
        values = [cell for cell in first if cell.lower() not in MISSING]
        return not (len(below) > 4 and len(values) and sum(recurring) > len(first) / 2)
    whole = [int(cell) for cell in numbers if cell.isdigit()]
    counts_up = len(whole) == len(numbers) > 1 and whole == list(range(whole[0], whole[0] + len(whole)))
    if not counts_up:
        return False
    if len(numbers) < len(first):  # as in: country,2019,2020
        return True
    raise InvalidInput(
        f"data.header=null: the first line of data.path={reading.path} may hold names or numbers "
        f"({', '.join(first[:4])}); say data.header=true or data.header=false"
    )


def is_number(text: str) -> bool:
    """Whether a cell is a number, with a decimal comma or without."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return text.lower() not in MISSING
