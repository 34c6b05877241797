"""Files of Apache Arrow: parquet and feather."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from synthmix.data.sources.table.formats.base import RawTable, Reading, numbered_row
from synthmix.data.sources.table.formats.packed import content
from synthmix.data.sources.table.formats.sampling import sampled_table


def read_parquet(path: Path, reading: Reading) -> RawTable:
    """Reads a parquet file. Raises InvalidInput where it is none, or says that it holds too much."""
    import pyarrow
    import pyarrow.parquet

    if reading.max_rows is not None:
        table, rows = sampled_table(path, reading, reading.max_rows)
        return _table(table, reading, place=lambda row: numbered_row(int(rows[row])))
    raw = pyarrow.BufferReader(content(path, reading))
    with reading.parsing("not a parquet file"):
        file = pyarrow.parquet.ParquetFile(raw)
        groups = range(file.metadata.num_row_groups)
        reading.refuse_size(sum(file.metadata.row_group(group).total_byte_size for group in groups))
        table = file.read()
        table.validate(full=True)
    return _table(table, reading)


def read_feather(path: Path, reading: Reading) -> RawTable:
    """Reads a feather file. Raises InvalidInput where it is none."""
    import pyarrow
    import pyarrow.feather

    raw = pyarrow.BufferReader(content(path, reading))
    with reading.parsing("not a feather file"):
        table = pyarrow.feather.read_table(raw)
        table.validate(full=True)  # a text that is none, or a place beyond its end, breaks only who reads it
    return _table(table, reading)


def _table(table: Any, reading: Reading, place: Callable[[int], str] = numbered_row) -> RawTable:
    reading.refuse_repeated(table.column_names)
    return RawTable(dict(zip(table.column_names, table.columns, strict=True)), table.num_rows, place)
