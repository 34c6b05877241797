"""Config of `data=table_sample`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from synthmix.config.schema import Count
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.formats.base import Reading
from synthmix.errors import InvalidInput

ENDINGS = (".npy", ".parquet")


@dataclass(kw_only=True, frozen=True)
class TableSampleConfig(TableConfig):
    """Rows of a file that need not fit into memory: as `data=table`, with a random sample in place of all of it.

    The sample is the same for all seeds. Each row is as likely to be in it as any other, and what is not in it is no
    part of the data set: it stands for the file as a smaller file would.

    Attributes:
        name: as table_sample it becomes the file's own name.
        max_rows: rows that are read; all of a file that has no more. `max_bytes` is of these.
    """

    _target_: str = "synthmix.data.sources.table.sample.load_table_sample"
    name: str = "table_sample"
    max_rows: Count = 100_000

    def __post_init__(self) -> None:
        """Names the set after its file, where the user has not named it."""
        if self.name == TableSampleConfig.name and self.path:
            object.__setattr__(self, "name", self._own_name(self.path) or self.name)

    def _reading(self) -> Reading:
        if self.path is not None and PurePath(self.path).suffix.lower() not in ENDINGS:
            raise InvalidInput(
                f"data.path={self.path}: must end in {' or '.join(ENDINGS)}; data=table reads other files whole"
            )
        return replace(super()._reading(), max_rows=self.max_rows)

    def notes(self) -> Iterator[str]:
        """What was found in the file and not said in the config."""
        yield from super().notes()
        if len(self.read().values) == self.max_rows:
            yield f"data.max_rows={self.max_rows}: so many rows of data.path={self.path} are read, a random sample"
