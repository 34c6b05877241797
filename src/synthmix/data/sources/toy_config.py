"""Config of `data=toy`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from synthmix.config.data import DataConfig
from synthmix.config.schema import Count, NonNegativeInt, Positive, Range
from synthmix.spec import DataSpec, Extent

Shape = Literal["blobs", "moons", "gaussian_mixture"]


def toy_spec(dimension: int, n_clusters: int) -> DataSpec:
    """A table of `dimension` unbounded columns with as many classes as clusters."""
    return DataSpec("toy", "table", (dimension,), None, n_clusters)


@dataclass(kw_only=True, frozen=True)
class ToyConfig(DataConfig):
    """Points of a known distribution.

    Attributes:
        shape: of the distribution.
        n_points: points to draw.
        n_clusters: modes.
        dimension: columns.
        separation: least distance between two clusters in standard deviations.
        structure_seed: fixes the distribution and its points, whatever the seed of the cell.
    """

    _target_: str = "synthmix.data.sources.toy.load_toy"
    name: str = "toy"
    shape: Shape = "gaussian_mixture"
    n_points: Count = 20_000
    n_clusters: Annotated[int, Range(low=2)] = 5
    dimension: Annotated[int, Range(low=2)] = 2
    separation: Positive = 3.0
    structure_seed: NonNegativeInt = 0
    n_train: Count | None = 100
    n_val: Count | None = 1000
    n_test: Count | None = 2000

    def extent(self) -> Extent:
        """`n_points` points of `dimension` columns."""
        return Extent(toy_spec(self.dimension, self.n_clusters), self.n_points)
