"""The config of `data=adbench`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count, NonNegativeInt
from synthmix.spec import DataSpec, Extent

# Rows and columns of each set, as its README tells them.
SHAPES = {
    "cardio": (1831, 21),
    "mnist": (7603, 100),
    "satellite": (6435, 36),
    "shuttle": (49097, 9),
    "thyroid": (3772, 6),
}


@dataclass(kw_only=True, frozen=True)
class AdbenchConfig(FileSetConfig):
    """One of the classical sets of ADBench (Han et al. 2022), with its anomalies labelled 1.

    Attributes:
        set: which one.
    """

    _target_: str = "synthmix.data.sources.adbench.load_adbench"
    name: str = "adbench"
    normal_class: NonNegativeInt | None = 0
    n_train: Count | None = 50
    set: Literal["cardio", "mnist", "satellite", "shuttle", "thyroid"] = "thyroid"

    def extent(self) -> Extent:
        """The rows of the set; no official test set."""
        rows, columns = SHAPES[self.set]
        return Extent(DataSpec(self.name, "table", (columns,), None, n_classes=2), n_points=rows)
