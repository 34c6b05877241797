"""Config of `data=pendigits`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count
from synthmix.spec import DataSpec, Extent

EXTENT = Extent(DataSpec("pendigits", "table", (16,), None, n_classes=10), n_points=7494, n_official_test=3498)


@dataclass(kw_only=True, frozen=True)
class PendigitsConfig(FileSetConfig):
    """Pen strokes of digits."""

    classes: ClassVar[str | None] = "the digits 0 to 9"

    _target_: str = "synthmix.data.sources.pendigits.load_pendigits"
    name: str = "pendigits"
    n_train: Count | None = 1000
    n_val: Count | None = 1000

    def extent(self) -> Extent:
        """7,494 rows of 16 columns and an official test set of 3,498."""
        return EXTENT
