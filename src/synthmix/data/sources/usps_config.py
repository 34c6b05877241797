"""Config of `data=usps`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count
from synthmix.spec import Extent, unit_images

EXTENT = Extent(unit_images("usps", (1, 16, 16)), n_points=7291, n_official_test=2007)


@dataclass(kw_only=True, frozen=True)
class UspsConfig(FileSetConfig):
    """Digits from envelopes."""

    classes: ClassVar[str | None] = "the digits 0 to 9"

    _target_: str = "synthmix.data.sources.usps.load_usps"
    name: str = "usps"
    n_train: Count | None = 1000
    n_val: Count | None = 1000

    def extent(self) -> Extent:
        """7,291 images of 1×16×16 and an official test set of 2,007."""
        return EXTENT
