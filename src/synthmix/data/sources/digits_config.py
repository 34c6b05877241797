"""Config of `data=digits`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.data import DataConfig
from synthmix.config.schema import Count
from synthmix.spec import Extent, unit_images

EXTENT = Extent(unit_images("digits", (1, 8, 8)), n_points=1797)


@dataclass(kw_only=True, frozen=True)
class DigitsConfig(DataConfig):
    """The digits that scikit-learn brings along; no keys of its own."""

    classes: ClassVar[str | None] = "the digits 0 to 9"

    _target_: str = "synthmix.data.sources.digits.load_digits"
    name: str = "digits"
    n_train: Count | None = 100
    n_val: Count | None = 300
    n_test: Count | None = 497

    def extent(self) -> Extent:
        """1,797 images of 1×8×8."""
        return EXTENT
