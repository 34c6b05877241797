"""What every task is: it fits its learner on a mixture and puts out arrays for held-out points, which its metrics score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

from numpy.typing import NDArray

Outputs = Mapping[str, NDArray[Any]]


class Task(Protocol):
    """What a mixture is for. Its config names the learner's group, the metrics and the data that it needs."""

    def fit(self, points: NDArray[Any], weight: NDArray[Any] | None, seed: int) -> Self:
        """Fits the learner.

        Args:
            points: of the mixture, in the represented space, (N, d), without labels.
            weight: of each point, (N,), or None where all weigh the same.
            seed: of everything random in it.
        """
        ...

    def outputs(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """What is stored of the represented points (N, d), and scored: arrays of numbers by name."""
        ...
