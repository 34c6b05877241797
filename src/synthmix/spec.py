"""What is known of a data set without holding it. Light: imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "table"]


@dataclass(frozen=True)
class DataSpec:
    """Kind, shape and range of the points of one data set.

    Attributes:
        name: `data.name`.
        kind: image or table.
        shape: (C, H, W) of an image, (D,) of a table.
        value_range: least and greatest value that a point can take; None where unbounded.
        n_classes: number of known classes; None where there are no labels.
        digest: SHA-256 of the arrays; empty in an outline that was made without loading them.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    value_range: tuple[float, float] | None
    n_classes: int | None
    digest: str = ""

    @property
    def size(self) -> int:
        """Number of values of one point."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Outline:
    """What `synthmix validate` knows of a data set before loading it.

    Attributes:
        spec: without a digest.
        n_learn: points left for train and pool once test, val and reserve are set apart.
    """

    spec: DataSpec
    n_learn: int


@dataclass(frozen=True)
class Extent:
    """What a data set holds, known without loading it.

    Attributes:
        spec: without a digest.
        n_points: points, without those of an official test set.
        n_official_test: points of the official test set; None where there is none.
    """

    spec: DataSpec
    n_points: int
    n_official_test: int | None = None


@dataclass(frozen=True)
class AnomalyProtocol:
    """What train is made of where anomalies are to be detected.

    Attributes:
        normal_class: the class whose points are normal; all others are anomalies.
        contamination: share of anomalies in train and pool; None for normal points alone.
    """

    normal_class: int
    contamination: float | None


def unit_images(name: str, shape: tuple[int, int, int], n_classes: int = 10) -> DataSpec:
    """The spec of labelled images of `shape` (C, H, W) with values in [0, 1]."""
    return DataSpec(name, "image", shape, (0.0, 1.0), n_classes)
