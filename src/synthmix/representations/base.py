"""The interface of representations."""

from __future__ import annotations

from typing import Any, Protocol, Self

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
