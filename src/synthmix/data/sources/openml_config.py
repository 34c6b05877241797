"""Config of `data=openml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from synthmix.config.schema import Count
from synthmix.data.sources.openml_files import kept
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.file import Table
from synthmix.errors import InvalidInput


@dataclass(kw_only=True, frozen=True)
class OpenmlConfig(TableConfig):
    """A table of openml.org. Of the keys of `data=table` those that say how a text is read have nothing to say here.

    Attributes:
        name: as openml it becomes openml_61 for the id 61.
        id: its number there, which names one version of it.
        label_column: labels, for scoring only; null takes the set's own target where that is a category.
        root: folder of the data folders; null takes $SYNTHMIX_DATA or the cache of the user.
    """

    _target_: str = "synthmix.data.sources.openml.load_openml"
    name: str = "openml"
    id: Count | None = None
    root: str | None = None

    def __post_init__(self) -> None:
        """Names the set after its number, where the user has not named it."""
        if self.name == OpenmlConfig.name and self.id is not None:
            object.__setattr__(self, "name", f"openml_{self.id}")

    def read(self) -> Table:
        """Reads the whole table, downloaded where it is not there yet.

        Raises:
            InvalidInput: there is no such set, nothing answers, or it cannot be used, one line for each reason.
        """
        return self.as_table().read()

    def as_table(self) -> TableConfig:
        """The same as `data=table` with the file that the set is kept in."""
        if self.id is None:
            raise InvalidInput("data.id=null: must be the number of a data set of openml.org, such as 61")
        unread = {key: getattr(self, key) for key in ("path", "separator", "decimal", "encoding", "header")}
        faults = [
            f"data.{key}={value}: data=openml reads data.id" for key, value in unread.items() if value is not None
        ]
        if faults:
            raise InvalidInput(*faults)
        path, target = kept(self.id, self.root)
        keys = ("label_column", "drop_columns", "columns", "missing", "impute", "missing_values", "max_bytes")
        more = ("numeric", "dates")
        table = TableConfig(name=self.name, path=str(path), **{key: getattr(self, key) for key in (*keys, *more)})
        return replace(table, label_column=self.label_column or target)

    @property
    def _source(self) -> str:
        return f"data.id={self.id}"

    def notes(self) -> Iterator[str]:
        """What was found in the table and not said in the config."""
        table = self.as_table()
        if table.label_column and not self.label_column:
            yield f"data.id={self.id}: the set's own target {table.label_column} is taken for labels, for scoring only"
        yield from table.read().notes
