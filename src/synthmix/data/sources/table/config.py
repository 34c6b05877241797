"""Config of `data=table`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synthmix.config.data import DataConfig
from synthmix.config.schema import Count
from synthmix.data.sources.table.file import Table, read_table
from synthmix.data.sources.table.formats.base import Reading
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent


def table_spec(table: Table) -> DataSpec:
    """The spec of a file that was read: of a table, or of images."""
    shape = table.values.shape[1:]
    if len(shape) == 3:
        return DataSpec("table", "image", shape, (0.0, 1.0), table.n_classes)
    return DataSpec("table", "table", shape, None, table.n_classes)


@dataclass(kw_only=True, frozen=True)
class TableConfig(DataConfig):
    """A file of the user's.

    Attributes:
        path: must be given; what it may be is in `READERS`.
        label_column: labels of any type; for scoring only. In an npz, the array that holds them.
        drop_columns: columns to leave out, such as ids.
        separator: between the cells of a line; null is found.
        decimal: the sign before decimals; null is found.
        encoding: of a text, e.g. utf-8 or latin-1; null is found.
        header: whether the first line names the columns; null is found.
        max_bytes: the most that a file may hold once it is unpacked.
    """

    _target_: str = "synthmix.data.sources.table.loader.load_table"
    name: str = "table"
    path: str | None = None
    label_column: str | None = None
    drop_columns: list[str] = field(default_factory=list)
    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    header: bool | None = None
    max_bytes: Count = 4_000_000_000

    def read(self) -> Table:
        """Reads the whole file, or what is kept of it where it has not changed.

        Raises:
            InvalidInput: it cannot be used, one line for each reason.
        """
        if self.path is None:
            raise InvalidInput("data.path=null: must name a file, such as a .csv, .xlsx, .parquet or .npz")
        keys = ("path", "label_column", "separator", "decimal", "encoding", "header", "max_bytes")
        return read_table(Reading(**{key: getattr(self, key) for key in keys}), tuple(self.drop_columns))

    def extent(self) -> Extent:
        """Reads the whole file, so that what is wrong in it is known before any training."""
        table = self.read()
        n_test = None if table.test is None else len(table.test.values)
        return Extent(table_spec(table), n_points=len(table.values), n_official_test=n_test)

    def notes(self) -> Iterator[str]:
        """What was found in the file and not said in the config."""
        yield from self.read().notes
