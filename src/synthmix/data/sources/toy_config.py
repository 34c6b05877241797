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
    """Points of a known distribution; the keys are those of `load_toy`."""

    _target_: str = "synthmix.data.sources.toy.load_toy"
    shape: Shape
    n_points: Count
    n_clusters: Annotated[int, Range(low=2)]
    dimension: Annotated[int, Range(low=2)]
    separation: Positive
    structure_seed: NonNegativeInt

    def extent(self) -> Extent:
        """`n_points` points of `dimension` columns."""
        return Extent(toy_spec(self.dimension, self.n_clusters), self.n_points)
