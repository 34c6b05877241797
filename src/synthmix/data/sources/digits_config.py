"""Config of `data=digits`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.data import DataConfig
from synthmix.spec import Extent, unit_images

EXTENT = Extent(unit_images("digits", (1, 8, 8)), n_points=1797)


@dataclass(kw_only=True, frozen=True)
class DigitsConfig(DataConfig):
    """The digits that scikit-learn brings along; no keys of its own."""

    _target_: str = "synthmix.data.sources.digits.load_digits"

    def extent(self) -> Extent:
        """1,797 images of 1×8×8."""
        return EXTENT
