"""The interface of representations."""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset


class Representation(Protocol):
    """Maps points to the space that is clustered."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Fits `dataset.x`; labels are never used."""
        ...

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Points (N, *shape) as rows (N, d), float32 or float64."""
        ...


@runtime_checkable
class Invertible(Protocol):
    """A representation that can map back. The method is optional, and may answer None."""

    def inverse(self, z: NDArray[Any]) -> NDArray[Any] | None:
        """Represented points (N, d) → rows (N, D) of the points that they stand for; None where it cannot."""
        ...
