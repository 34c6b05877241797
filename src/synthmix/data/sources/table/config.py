"""Config of `data=table`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import urlsplit

from synthmix.config.data import DataConfig
from synthmix.config.schema import Count
from synthmix.data.sources.files.remote import is_url, local_path
from synthmix.data.sources.table.described import described
from synthmix.data.sources.table.file import Asked, Table, read_table
from synthmix.data.sources.table.formats.base import Reading
from synthmix.errors import InvalidInput
from synthmix.spec import Column, DataSpec, Encoding, Extent


@dataclass(kw_only=True, frozen=True)
class TableConfig(DataConfig):
    """A file of the user's.

    Attributes:
        name: as table it becomes the file's own name, `people` for people.csv.gz, so that two tables can be told apart.
        path: must be given; what it may be is in `READERS`. An http(s) address is downloaded once, and kept beside the
            known data sets.
        label_column: labels of any type; for scoring only. In an npz, the array that holds them.
        drop_columns: columns to leave out, such as ids.
        separator: between the cells of a line; null is found.
        decimal: the sign before decimals; null is found.
        encoding: of a text, e.g. utf-8 or latin-1; null is found.
        header: whether the first line names the columns; null is found.
        columns: kinds of columns by name, for what is not to be guessed: numeric, integer, boolean, categorical,
            ordinal, date, the form of a date (%d/%m/%Y), or a list of the levels of an ordinal column in their order.
        missing_values: what else stands for a missing value, such as -999.
        max_bytes: the most that a file may hold once it is unpacked.
        numeric: whether numbers are standardised, or are normal scores of their ranks in train.
        dates: whether a date is a number alone, or also a month and a weekday, each a point of a circle.
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
    columns: dict[str, Any] = field(default_factory=dict)
    missing_values: list[Any] = field(default_factory=list)
    max_bytes: Count = 4_000_000_000
    numeric: Literal["standardise", "quantile"] = "standardise"
    dates: Literal["number", "parts"] = "number"

    def __post_init__(self) -> None:
        """Names the set after its file, where the user has not named it."""
        if self.name == TableConfig.name and self.path:
            object.__setattr__(self, "name", self._own_name(self.path) or self.name)

    @property
    def name_in_keys(self) -> str:
        """The same for all tables, as another name makes no other points."""
        return TableConfig.name

    def _own_name(self, path: str) -> str:
        """The name of a file without its folder and its endings, in letters that suit names of runs."""
        file = urlsplit(path).path if is_url(path) else path
        return re.sub(r"[^\w-]+", "_", PurePath(file).name.partition(".")[0]).strip("_")

    def read(self) -> Table:
        """Reads the whole file, or what is kept of it where it has not changed.

        Raises:
            InvalidInput: it cannot be used, one line for each reason.
        """
        if self.path is None:
            raise InvalidInput("data.path=null: must name a file, such as a .csv, .xlsx, .parquet or .npz")
        said = tuple(self.columns.items()), self.missing, tuple(self.missing_values)
        return read_table(self._reading(), Asked(tuple(self.drop_columns), *said))

    def _reading(self) -> Reading:
        keys = ("path", "label_column", "separator", "decimal", "encoding", "header", "max_bytes")
        return Reading(**{key: getattr(self, key) for key in keys})

    def spec_of(self, table: Table) -> DataSpec:
        """The spec of a file that was read: of a table, or of images.

        Raises:
            InvalidInput: an encoding is asked for of a kind of column that the file does not have, or the values of a
                column would fall together.
        """
        shape, kinds = table.values.shape[1:], {column.kind for column in table.columns}
        if self.numeric != "standardise" and not kinds & {"numeric", "integer"}:
            raise InvalidInput(
                f"data.numeric={self.numeric}: {self._source} has no column of numbers; must be standardise"
            )
        if self.dates != "number" and "date" not in kinds:
            raise InvalidInput(f"data.dates={self.dates}: {self._source} has no column of dates; must be number")
        if len(shape) == 3:
            return DataSpec(self.name, "image", shape, (0.0, 1.0), table.n_classes)
        columns = tuple(replace(column, encoding=self._encoding_of(column)) for column in table.columns)
        ranked = {column.name for column in columns if column.encoding == "quantile"}
        crowded = [
            f"{self._source}: {line}; say data.numeric=quantile, or name it in data.drop_columns"
            for name, line in table.crowded
            if name not in ranked
        ]
        if crowded:
            raise InvalidInput(*crowded)
        return DataSpec(self.name, "table", shape, None, table.n_classes, columns=columns)

    def _encoding_of(self, column: Column) -> Encoding:
        if column.kind == "date":
            return "parts" if self.dates == "parts" else "plain"
        return "quantile" if self.numeric == "quantile" and column.kind in ("numeric", "integer") else "plain"

    @property
    def _source(self) -> str:
        return f"data.path={self.path}"

    def extent(self) -> Extent:
        """Reads the whole file, so that what is wrong in it is known before any training."""
        table = self.read()
        n_test = None if table.test is None else len(table.test.values)
        spec = self.spec_of(table)
        if table.columns:
            spec = replace(spec, shape=(sum(column.width for column in table.columns),))
        return Extent(spec, n_points=len(table.values), n_official_test=n_test)

    def notes(self) -> Iterator[str]:
        """What was found in the file and not said in the config."""
        table = self.read()
        if is_url(str(self.path)):
            kept = local_path(str(self.path))
            yield f"data.path={self.path}: kept in {kept}; remove that file to have it downloaded again"
        yield from table.notes

    def describe(self) -> Iterator[str]:
        """The columns of the file: kind, levels or range, missing values, and what is done with them."""
        table = self.read()
        encoded = replace(table, columns=self.spec_of(table).columns)
        yield from described(encoded, self.missing, self.imputation)
