"""Config of `data=table`."""

from __future__ import annotations

from dataclasses import dataclass, field

from synthmix.config.data import DataConfig
from synthmix.data.sources.table.file import Table, read_table
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent


def table_spec(table: Table) -> DataSpec:
    """The spec of a table that was read."""
    return DataSpec("table", "table", (len(table.columns),), None, table.n_classes)


@dataclass(kw_only=True, frozen=True)
class TableConfig(DataConfig):
    """A file of the user's.

    Attributes:
        path: a .csv, .parquet or .npz file; must be given.
        label_column: labels of any type; for scoring only.
        drop_columns: columns to leave out, such as ids.
    """

    _target_: str = "synthmix.data.sources.table.loader.load_table"
    name: str = "table"
    path: str | None = None
    label_column: str | None = None
    drop_columns: list[str] = field(default_factory=list)

    def extent(self) -> Extent:
        """Reads the whole file, so that what is wrong in it is known before any training."""
        if self.path is None:
            raise InvalidInput("data.path=null: must name a .csv, .parquet or .npz file")
        table = read_table(self.path, self.label_column, self.drop_columns)
        return Extent(table_spec(table), n_points=len(table.values))
