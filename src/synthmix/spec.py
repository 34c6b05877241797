"""What is known of a data set without holding it. Light: imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["image", "table"]
ColumnKind = Literal["numeric", "integer", "boolean", "ordinal", "categorical", "date"]
Encoding = Literal["plain", "quantile", "parts"]
DATE_PARTS = ("month sine", "month cosine", "weekday sine", "weekday cosine")


@dataclass(frozen=True)
class Column:
    """One column of a user's table.

    Attributes:
        name: in the file.
        kind: how its cells are read. A date is its seconds since 1970, in UTC.
        levels: what places among them stand for, of a boolean (the false one first), an ordinal (in its order) or a
            categorical column; of points that a train has encoded, those that train has seen stand first.
        decimals: that its numbers have in the file; None where these are more than 12.
        n_seen: of encoded points, how many of the levels train has seen; None otherwise.
        encoding: of a number quantile has it as a normal score in place of standardised; of a date parts has what
            `DATE_PARTS` says beside the number.
    """

    name: str
    kind: ColumnKind
    levels: tuple[str, ...] = ()
    decimals: int | None = None
    n_seen: int | None = None
    encoding: Encoding = "plain"

    @property
    def width(self) -> int:
        """How many values it takes in an encoded point."""
        if self.encoding == "parts":
            return 1 + len(DATE_PARTS)
        return len(self.levels) if self.kind == "categorical" else 1


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
        columns: of a user's table; no columns otherwise.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    value_range: tuple[float, float] | None
    n_classes: int | None
    digest: str = ""
    columns: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        # From a stored state they come as mappings.
        made = (each if isinstance(each, Column) else Column(**each) for each in self.columns)
        plain = (replace(each, levels=tuple(each.levels)) for each in made)
        object.__setattr__(self, "columns", tuple(plain))

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


@dataclass(frozen=True)
class Pollution:
    """What is done to train on purpose.

    Attributes:
        kind: outliers, duplicates, shuffled or mislabelled.
        share: of the places of train, above 0 and below 1.
    """

    kind: str
    share: float


@dataclass(frozen=True)
class Hiding:
    """Which values of train are hidden on purpose.

    Attributes:
        share: of the values, above 0 and at most one half.
        mechanism: completely_at_random, at_random or not_at_random.
    """

    share: float
    mechanism: str


def unit_images(name: str, shape: tuple[int, int, int], n_classes: int = 10) -> DataSpec:
    """The spec of labelled images of `shape` (C, H, W) with values in [0, 1]."""
    return DataSpec(name, "image", shape, (0.0, 1.0), n_classes)
