"""What each column of a file is, guessed where it is plain, and its cells as numbers. Light: imports no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from synthmix.data.sources.table.formats.base import MISSING, Cells, RawTable, Reading
from synthmix.data.sources.table.formats.texts import is_text, with_levels
from synthmix.errors import InvalidInput
from synthmix.spec import Column, ColumnKind

KINDS = get_args(ColumnKind)
MAX_LEVELS = 100
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M")
TRUTHS = ({"false", "true"}, {"no", "yes"}, {"n", "y"}, {"f", "t"})
SENTINELS = (-9999.0, -999.0, -99.0, 999.0, 9999.0, 99999.0)
MOST_DECIMALS = 12
LOOKED_AT = 10_000  # rows
MISSING_LINE = (
    "missing value; go on with data.missing=impute or data.missing=drop, or name the column in data.drop_columns"
)


@dataclass(frozen=True)
class Read:
    """A column as it was read.

    Attributes:
        column: its kind.
        values: float64, (N,), NaN where a cell is missing.
        wrong: where a cell is no such value, with the reason.
        fault: why the column cannot be used at all.
        notes: what a user should look at.
    """

    column: Column
    values: NDArray[np.float64]
    wrong: NDArray[np.bool_] | None = None
    reason: str = ""
    fault: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kinds:
    """What the user says of columns: kinds by name (a list has the levels of an ordinal one, in order), sentinels."""

    kinds: Mapping[str, Any]
    missing_values: Sequence[Any] = ()

    def faults(self, raw: RawTable) -> Iterator[str]:
        """Yields a line for each kind that is none, or column that is not there."""
        for name, kind in self.kinds.items():
            if name not in raw.columns:
                yield f"data.columns.{name}={kind}: no such column; there is {', '.join(list(raw.columns)[:10])}"
            elif not isinstance(kind, list) and kind not in KINDS and not str(kind).startswith("%"):
                allowed = f"{', '.join(KINDS)}, a list of levels in order, or the form of a date"
                yield f"data.columns.{name}={kind}: allowed: {allowed}"
            elif isinstance(kind, list) and len(set(map(str, kind))) < max(2, len(kind)):
                yield f"data.columns.{name}=[{', '.join(map(str, kind))}]: must be two levels or more, each once"


def read_column(raw: RawTable, name: str, asked: Kinds) -> Read:
    """One column: by what it is asked to be, else by what it looks like."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells, kind = raw.columns[name], asked.kinds.get(name)
    if isinstance(cells, np.ndarray):
        cells = pa.array(cells if cells.dtype.kind != "O" else cells.tolist(), from_pandas=True)
    if pa.types.is_decimal(cells.type):
        cells = cells.cast(pa.float64())
    if pa.types.is_temporal(cells.type) and kind in (None, "date"):
        return _dates(name, cells)
    if pa.types.is_boolean(cells.type) and kind in (None, "boolean"):
        return Read(Column(name, "boolean", ("false", "true")), _floats(cells.cast(pa.int8())))
    texts = {str(value) for value in asked.missing_values}
    if is_text(cells.type) or isinstance(kind, list) or kind in ("categorical", "ordinal", "boolean"):
        if not is_text(cells.type):
            cells = cells.cast(pa.string())
        found = with_levels(cells)
        levels = found.dictionary.to_pylist()
        gone = [level is None or level.strip().lower() in MISSING or level in texts for level in levels]
        codes = _floats(found.indices)
        known = np.append(np.array([math.nan if lost else place for place, lost in enumerate(gone)]), math.nan)
        codes = known[np.where(np.isnan(codes), len(levels), codes).astype(int)]
        return _texts(name, levels, codes, kind)
    if pa.types.is_null(cells.type):
        nothing = f"column {name} holds no value; name it in data.drop_columns"
        return Read(Column(name, "numeric"), np.full(len(cells), math.nan), fault=nothing)
    values = _floats(cells)
    integer = pa.types.is_integer(cells.type)
    beyond = integer and np.nanmax(np.abs(values), initial=0) > 2**53
    if beyond and pc.count_distinct(cells).as_py() != len(np.unique(values[~np.isnan(values)])):
        why = f"column {name} holds whole numbers beyond 2^53 that 64-bit numbers cannot tell apart, an id?"
        return Read(Column(name, "integer"), values, fault=f"{why} Name it in data.drop_columns")
    return _numbers(name, values, integer, kind, asked.missing_values)


def _numbers(name: str, values: NDArray[np.float64], integer: bool, kind: object, sentinels: Sequence[Any]) -> Read:
    for sentinel in sentinels:
        if (number := _number(sentinel)) == number:
            values = np.where(values == number, math.nan, values)
    if kind == "date" or str(kind).startswith("%"):
        return Read(Column(name, "date"), values, fault=f"data.columns.{name}={kind}: the column holds numbers")
    if kind == "integer" and not integer and (values[np.isfinite(values)] % 1).any():
        return Read(Column(name, "integer"), values, fault=f"data.columns.{name}=integer: not all are whole numbers")
    integer = (integer and kind is None) or kind == "integer"
    column = Column(name, "integer" if integer else "numeric", decimals=None if integer else _decimals(values))
    wrong = np.abs(values) > np.finfo(np.float32).max
    known = values[~np.isnan(values)]
    return Read(column, values, wrong, "is not a finite 32-bit number", None, tuple(_remarks(name, known, sentinels)))


def _texts(name: str, levels: list[Any], codes: NDArray[np.float64], kind: object) -> Read:
    """Texts by their levels, (K,), and the place of each row's among them."""
    used = np.unique(codes[~np.isnan(codes)]).astype(int)
    texts = {int(place): str(levels[place]).strip() for place in used}
    numbers = {place: _number(text) for place, text in texts.items()}
    known = [place for place, number in numbers.items() if not math.isnan(number)]
    if isinstance(kind, list):
        return _ordinal(name, texts, codes, [str(level) for level in kind])
    if kind in ("numeric", "integer") or (kind is None and known):
        values = _mapped(codes, {**numbers})
        wrong = ~np.isnan(codes) & np.isnan(values)
        if not wrong.any():
            return _numbers(name, values, kind == "integer", kind, ())
        return Read(Column(name, "numeric"), values, wrong, "text where a number belongs")
    form = kind if isinstance(kind, str) and kind.startswith("%") else None
    if kind == "date" or form or kind is None:
        read = _date_texts(name, texts, codes, form, asked=kind is not None)
        if read is not None:
            return read
    order = sorted(
        texts, key=lambda place: (numbers[place], texts[place]) if len(known) == len(texts) else (0, texts[place])
    )
    names = list(dict.fromkeys(texts[place] for place in order))
    at = {text: float(number) for number, text in enumerate(names)}
    values = _mapped(codes, {place: at[text] for place, text in texts.items()})
    two = {text.lower() for text in names}
    if kind == "boolean" and len(names) != 2:
        return Read(
            Column(name, "boolean"), values, fault=f"data.columns.{name}=boolean: has {len(names)} levels; must be 2"
        )
    if kind == "boolean" or (kind is None and two in TRUTHS):
        return Read(Column(name, "boolean", tuple(names)), values)
    if kind == "ordinal":
        return Read(Column(name, "ordinal", tuple(names)), values)
    fault = None
    if not names:
        fault = f"column {name} holds no value; name it in data.drop_columns"
    elif len(names) > MAX_LEVELS or (len(codes) >= 20 and len(names) > len(codes) / 2):
        many = f"column {name}: {len(names)} levels in {len(codes)} rows (e.g. {names[0]!r}), an id?"
        fault = f"{many} Name it in data.drop_columns"
    notes = (f"column {name}: one level alone, {names[0]!r}",) if len(names) == 1 < len(codes) else ()
    return Read(Column(name, "categorical", tuple(names)), values, fault=fault, notes=notes)


def _ordinal(name: str, texts: Mapping[int, str], codes: NDArray[np.float64], order: list[str]) -> Read:
    at = {text: float(number) for number, text in enumerate(order)}
    values = _mapped(codes, {place: at.get(text, math.nan) for place, text in texts.items()})
    wrong = ~np.isnan(codes) & np.isnan(values)
    return Read(
        Column(name, "ordinal", tuple(order)), values, wrong, f"is none of data.columns.{name}=[{', '.join(order)}]"
    )


def _date_texts(
    name: str, texts: Mapping[int, str], codes: NDArray[np.float64], form: str | None, *, asked: bool
) -> Read | None:
    """Texts as dates, where all are or nearly all; None where they are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    levels = pa.array(list(texts.values()), pa.string())
    read: dict[str, NDArray[np.float64]] = {}
    for each in (form,) if form else DATE_FORMATS:
        stamps = pc.strptime(levels, format=each, unit="s", error_is_null=True)
        read[each] = _on_the_calendar(list(texts.values()), _floats(stamps.cast(pa.int64())), each)
    if not len(levels):
        return None
    share = {each: float(np.mean(~np.isnan(seconds))) for each, seconds in read.items()}
    best = max(share, key=lambda each: share[each])
    if not asked and share[best] < 0.5:
        return None
    if form is None and share["%d/%m/%Y"] == share["%m/%d/%Y"] == share[best]:
        unclear = f"column {name}: {next(iter(texts.values()))!r} may be read as day or month first"
        say = f"say data.columns.{name}=%d/%m/%Y or data.columns.{name}=%m/%d/%Y"
        return Read(Column(name, "date"), codes, fault=f"{unclear}; {say}")
    values = _mapped(codes, dict(zip(texts, read[best].tolist(), strict=True)))
    wrong = ~np.isnan(codes) & np.isnan(values)
    decimals = 0 if "%H" not in best else None
    return Read(Column(name, "date", decimals=decimals), values, wrong, f"is no date of the form {best}")


def _on_the_calendar(texts: Sequence[str], seconds: NDArray[np.float64], form: str) -> NDArray[np.float64]:
    """The seconds of dates, NaN for days that no month has: the C library takes 31.02. for the second of March."""
    if not set(re.findall("%(.)", form)) <= set("YymdHMSbB"):
        return seconds
    known = ~np.isnan(seconds)
    stamps = np.where(known, seconds, 0).astype("datetime64[s]")
    day = (stamps.astype("datetime64[D]") - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    for place in np.flatnonzero(known & (day < 3)).tolist():  # where such days end up
        try:
            datetime.strptime(texts[place], form)
        except ValueError:
            seconds[place] = math.nan
    return seconds


def _dates(name: str, cells: Cells) -> Read:
    import pyarrow as pa

    if pa.types.is_time(cells.type) or pa.types.is_duration(cells.type):
        return Read(Column(name, "date"), np.zeros(len(cells)), fault=f"column {name} holds times without a day")
    day = pa.types.is_date(cells.type)
    values = _floats(cells.cast(pa.timestamp("us")).cast(pa.int64())) / 1e6
    return Read(
        Column(name, "date", decimals=0 if day or not (values[~np.isnan(values)] % 86400).any() else None), values
    )


def _remarks(name: str, known: NDArray[np.float64], sentinels: Sequence[Any]) -> Iterator[str]:
    """What looks odd of a column of numbers."""
    if len(known) > 1 and (known == known[0]).all():
        yield f"column {name}: one value alone, {known[0]:g}"
        return
    for sentinel in SENTINELS:
        n = int((known == sentinel).sum())
        others = known[known != sentinel]
        if n > 1 and len(others) and (sentinel > others.max() or sentinel < others.min()):
            gap = min(abs(sentinel - others.max()), abs(sentinel - others.min()))
            if gap > np.ptp(others):
                odd = f"column {name}: {sentinel:g} occurs {n} times, far from all others"
                yield f"{odd}; if it stands for a missing value, say data.missing_values=[{sentinel:g}]"


def crowded(read: Read) -> str | None:
    """What is lost of a column where most of its values fall together once it is standardised in 32 bits, else None.

    One value that is far from all others does that, or a scale that 64 bits cannot square. Whether values fall together
    is looked at in the first `LOOKED_AT` rows, the scale is that of all.
    """
    known = read.values[np.isfinite(read.values)]
    if read.column.kind not in ("numeric", "integer", "date") or not len(known):
        return None
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        centred = known - known[0]
        scaled = (centred - centred.mean()) / (centred.std() or 1.0)
    n = len(np.unique(known[:LOOKED_AT]))
    lost = n - len(np.unique(scaled[:LOOKED_AT].astype(np.float32)))
    if 2 * lost < n:
        return None
    low, high = (f"{end:.4g}" for end in (known.min(), known.max()))
    return f"column {read.column.name}: {lost} of {n} different values fall together in 32 bits, from {low} to {high}"


def _decimals(values: NDArray[np.float64]) -> int | None:
    """How many decimals the numbers have."""
    known = values[np.isfinite(values)]
    for part in (known[:1000], known):
        places = next((n for n in range(MOST_DECIMALS + 1) if (np.round(part, n) == part).all()), None)
        if places is None:
            return None
    return places


def _mapped(codes: NDArray[np.float64], values: Mapping[int, float]) -> NDArray[np.float64]:
    table = np.full(int(max(values, default=0)) + 2, math.nan)
    for place, value in values.items():
        table[place] = value
    return np.asarray(table[np.where(np.isnan(codes), len(table) - 1, codes).astype(int)])


def _floats(cells: Cells) -> NDArray[np.float64]:
    """Numbers of pyarrow, NaN where a cell is null."""
    import pyarrow as pa

    cells = cells.cast(pa.float64(), safe=False)
    return np.array(
        cells.to_numpy() if hasattr(cells, "num_chunks") else cells.to_numpy(zero_copy_only=False), dtype=np.float64
    )


def _number(cell: object) -> float:
    try:
        return float(cast(Any, cell))
    except (TypeError, ValueError):
        return math.nan


def cell_faults(reading: Reading, raw: RawTable, read: Read, *, refuse_missing: bool) -> Iterator[str]:
    """Yields a line for a column: its first wrong cell, or missing one where these are refused, and how many."""
    name, where = read.column.name, f"data.path={reading.path}: "
    if read.fault is not None:
        yield read.fault if read.fault.startswith("data.") else where + read.fault
        return
    wrong = np.zeros(len(read.values), dtype=bool) if read.wrong is None else read.wrong
    missing = np.isnan(read.values) & ~wrong
    faulty = wrong | missing if refuse_missing else wrong
    rows = np.flatnonzero(faulty)
    if len(rows):
        first = int(rows[0])
        more = f" ({len(rows)} such cells in this column)" if len(rows) > 1 else ""
        yield f"{where}{raw.place(first)}, column {name}: {_complaint(raw, read, first, bool(missing[first]))}{more}"
    elif missing.mean() > 0.5:
        yield f"{where}column {name}: {missing.mean():.0%} of its values are missing; name it in data.drop_columns"


def _complaint(raw: RawTable, read: Read, row: int, missing: bool) -> str:
    if missing:
        return MISSING_LINE
    cell = raw.columns[read.column.name][row]
    text = (
        raw.text(row, read.column.name).strip() if raw.text is not None else str(getattr(cell, "as_py", lambda: cell)())
    )
    if read.reason == "text where a number belongs":
        return f"text {text!r} where a number belongs"
    return f"{text if 'finite' in read.reason else repr(text)} {read.reason}"


def refused(faults: Sequence[str]) -> None:
    """Raises InvalidInput where there are faults."""
    if faults:
        raise InvalidInput(*faults)
