"""Config of `data=table`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.data import DataConfig
from synthmix.data.sources.table.file import Table, read_table
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent


def table_spec(table: Table) -> DataSpec:
    """The spec of a table that was read."""
    return DataSpec("table", "table", (len(table.columns),), None, table.n_classes)


@dataclass(kw_only=True, frozen=True)
class TableConfig(DataConfig):
    """A file of the user's; the keys are those of `load_table`."""

    _target_: str = "synthmix.data.sources.table.loader.load_table"
    path: str | None
    label_column: str | None
    drop_columns: list[str]

    def extent(self) -> Extent:
        """Reads the whole file, so that what is wrong in it is known before any training."""
        if self.path is None:
            raise InvalidInput("data.path=null: must name a .csv, .parquet or .npz file")
        table = read_table(self.path, self.label_column, self.drop_columns)
        return Extent(table_spec(table), n_points=len(table.values))
