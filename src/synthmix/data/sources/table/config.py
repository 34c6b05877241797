"""Schema of `data=table`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.data.config import DataSchema
from synthmix.data.sources.table.file import Table, read_table
from synthmix.data.spec import DataSpec, Extent
from synthmix.errors import InvalidInput


def table_spec(table: Table) -> DataSpec:
    """The spec of a table that was read."""
    return DataSpec("table", "table", (len(table.columns),), None, table.n_classes)


@dataclass(kw_only=True)
class TableSchema(DataSchema):
    """A file of the user's; the keys are those of `load_table`."""

    _target_: Literal["synthmix.data.sources.table.loader.load_table"]
    path: str | None
    label_column: str | None
    drop_columns: list[str]

    def extent(self) -> Extent:
        """Reads the whole file, so that what is wrong in it is known before any training."""
        if self.path is None:
            raise InvalidInput("data.path=null: must name a .csv, .parquet or .npz file")
        table = read_table(self.path, self.label_column, self.drop_columns)
        return Extent(table_spec(table), n_points=len(table.values))
