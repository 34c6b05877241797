"""What every representation is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset


class Representation(Protocol):
    """Maps points to the space that is clustered."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Learns from `dataset.x` alone; labels are never looked at."""
        ...

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Points (N, *shape) as rows (N, d), float32 or float64."""
        ...


@runtime_checkable
class Storable(Protocol):
    """A representation whose fit can be stored. One without these methods works too, and is fitted each time."""

    def state(self) -> dict[str, Any] | None:
        """What it has learnt, as tensors and plain values; None where that cannot be expressed so."""
        ...

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up what an equally built one has learnt, so that it transforms as that one does, to the last bit."""
        ...
