"""`identity`: the values themselves."""

from __future__ import annotations

from typing import Any, Self

from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset


class IdentityRepresentation:
    """Flattens a point to a row, (N, *shape) → (N, D) float32, and learns nothing."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Returns self."""
        return self

    def transform(self, x: Tensor) -> NDArray[Any]:
        """The values of each point in one row."""
        return x.flatten(1).numpy()

    def inverse(self, z: NDArray[Any]) -> NDArray[Any]:
        """The rows themselves."""
        return z
