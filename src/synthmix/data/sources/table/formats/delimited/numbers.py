"""Columns of texts that are numbers in another writing: decimal commas, separators of thousands, blanks around them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from synthmix.data.sources.table.formats.base import MISSING, Cells, Reading
from synthmix.errors import InvalidInput

BLANKS = " \N{NO-BREAK SPACE}'’"
COMMA = re.compile(rf"[+-]?(\d+|\d{{1,3}}([.{BLANKS}]\d{{3}})+)?,\d+([eE][+-]?\d+)?")  # 12,5 or 1.234,5 or ,5
POINT = re.compile(rf"[+-]?(\d+|\d{{1,3}}([,{BLANKS}]\d{{3}})+)?\.\d+([eE][+-]?\d+)?")  # 12.5 or 1,234.5
GROUPS_OF_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+")  # 1,234: a thousand, or one and a bit
GROUPS_OF_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
GROUPS = re.compile(rf"[+-]?\d{{1,3}}([{BLANKS}]\d{{3}})+")
WHOLE = re.compile(r"[+-]?\d+([eE][+-]?\d+)?")
READ = 2000  # cells of a column that are looked at to find the writing


def trimmed(column: Cells) -> Cells:
    """Texts without blanks around them, null where they stand for a missing value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(column)
    stands_for_none = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(MISSING)))
    return pc.if_else(stands_for_none, pa.scalar(None, pa.string()), texts)


def found_decimal(columns: Mapping[str, Cells], reading: Reading) -> str:
    """The decimal sign of columns of texts.

    Raises:
        InvalidInput: cells such as 1,234 alone, which may be read in two ways.
    """
    comma = point = False
    unclear: tuple[str, str] | None = None
    for name, column in columns.items():
        cells = column.drop_null().slice(0, READ).to_pylist()
        if not cells or not all(_is_written(cell) for cell in cells):
            continue  # texts
        comma |= any(COMMA.fullmatch(cell) and not GROUPS_OF_COMMA.fullmatch(cell) for cell in cells)
        comma |= any(cell.count(".") > 1 for cell in cells)
        point |= any(POINT.fullmatch(cell) and not GROUPS_OF_POINT.fullmatch(cell) for cell in cells)
        point |= any(cell.count(",") > 1 for cell in cells)
        grouped = [cell for cell in cells if GROUPS_OF_COMMA.fullmatch(cell)]
        if grouped and unclear is None:
            unclear = name, grouped[0]
    if reading.decimal is not None:
        return reading.decimal
    if comma and not point:
        return ","
    if unclear is not None and not point:
        name, cell = unclear
        raise InvalidInput(
            f"data.decimal=null: column {name} has {cell!r}, which may be {cell.replace(',', '.')} or "
            f"{cell.replace(',', '')}; say data.decimal=',' or data.decimal='.'"
        )
    return "."


def as_numbers(texts: Cells, decimal: str) -> Cells | None:
    """The numbers that these texts write; None where one of them is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Read in one writing: what is left once separators of thousands are gone must be a number.
    groups = f"[{'.' if decimal == ',' else ','}{BLANKS}]"
    shape = COMMA.pattern if decimal == "," else POINT.pattern
    grouped = r"[+-]?\d{1,3}(" + groups + r"\d{3})+"
    known = pc.match_substring_regex(texts, f"^({shape}|{grouped}|{WHOLE.pattern})$")
    if not pc.all(known, skip_nulls=True).as_py():
        return None
    plain = pc.replace_substring_regex(texts, groups, "")
    if decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    for kind in (pa.int64(), pa.float64()):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _is_written(cell: str) -> bool:
    forms = (COMMA, POINT, GROUPS_OF_COMMA, GROUPS_OF_POINT, GROUPS, WHOLE)
    return any(form.fullmatch(cell) for form in forms)
