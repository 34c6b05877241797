"""What every task is: it fits its learner on a mixture and puts out arrays, which its metrics score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Outputs = Mapping[str, NDArray[Any]]


class Task(Protocol):
    """What a mixture is for.

    A task is built with its unfitted learner, `estimator`, and the `spec` of the data. What a study, its tables and its
    words read of it stands on the class.

    Attributes:
        prefix: of its scores' MLflow names, `cluster` in `cluster/ari`.
        learner: the config group of its learner, whose node stands beside that of the task.
        scored_by: the module whose `METRICS` are its scores by name; that of the class where it is not stated. Named
            and not imported, because scores are derived from what is stored, and are in no key of a cell.
        drawn_by: likewise, the module whose `pictures` draws what there is to see, and whose `tables`, where it has
            any, are logged beside them; none where it is not stated.
        primary: names of the primary score: the first that every finished cell of a study has is tested for
            significance.
        reconstructs: whether what the representation makes of its own points is among the outputs (`RECONSTRUCTION`),
            where it can map back; not where it is not stated.
        choose_by: names of the score on val that chooses a ratio without labels, likewise; none where nothing chooses.
        supervised: whether labels of train reach the learner; not where it is not stated. The `fit` of such a task is
            given them by the keyword `labels`, int64, (N,), -1 for points without one.
    """

    prefix: ClassVar[str]
    learner: ClassVar[str]
    primary: ClassVar[Sequence[str]]

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

    def losses(self, points: NDArray[Any]) -> NDArray[np.float64] | None:
        """What the fitted learner itself minimises, of each of the represented points (N, d), held out or not.

        Returns:
            float64, (N,), the less, the better; None where the learner has no such loss.
        """
        ...
