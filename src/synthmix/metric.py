"""What a task's score is: a function of held-out real points and of what the task put out for them.

Light: numpy and torch are imported only for the type checker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


class Texts(Protocol):
    """The texts behind points, and how often each of train's terms occurs in each."""

    @property
    def names(self) -> Sequence[str]:
        """Of the documents, (N,)."""
        ...

    @property
    def texts(self) -> Sequence[str]:
        """(N,)."""
        ...

    @property
    def counts(self) -> Any:
        """A sparse matrix, (N, V)."""
        ...

    @property
    def terms(self) -> NDArray[np.str_]:
        """(V,)."""
        ...


@dataclass(frozen=True)
class HeldOut:
    """Held-out real points, and what a fitted task put out for them.

    Attributes:
        outputs: arrays by name, most with a row for each point.
        points: float, (N, *shape), as the split has them: one space, whatever the representation.
        labels: int64, (N,), or None where there are none.
        seed: of what a score draws at random.
        documents: the texts that the points stand for; None where there are none.
        learnt: the same of train, without labels, where the points stand for texts; else None.

    Raises:
        ValueError: there is no point, or the points are not finite.
    """

    outputs: Mapping[str, NDArray[Any]]
    points: Tensor
    labels: Tensor | None
    seed: int
    documents: Texts | None = None
    learnt: HeldOut | None = None

    def __post_init__(self) -> None:
        if not len(self.points) or (self.labels is not None and len(self.labels) != len(self.points)):
            raise ValueError("points and labels must be of one length of at least 1")
        if not self.points.isfinite().all():
            raise ValueError("points must be finite numbers")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One score of a task, and how it is to be read.

    Attributes:
        score: held-out points → the score; NaN where it is not defined.
        higher_is_better: None for what describes and judges nothing, such as a number of clusters.
        needs_labels: whether it is computed only where there are labels, and makes a choice by it supervised.
        unit: empty for a pure number.
        worst: what an answer that has nothing to do with the data scores, of a score that lies between -1 and 1; None
            for one without bounds, such as a loss, whose differences matter by their share of it.
        in_represented_space: whether it is measured there, so that cells whose representations differ, as those that
            are fitted on the mixture do from ratio to ratio, cannot be compared by it.
        of_learner: whether it judges what the learner makes of the represented points, and not these themselves.
    """

    score: Callable[[HeldOut], float]
    higher_is_better: bool | None
    needs_labels: bool = False
    unit: str = ""
    worst: float | None = None
    in_represented_space: bool = False
    of_learner: bool = True

    @property
    def sign(self) -> int:
        """-1 for a score that is better the lower it is, else 1."""
        return -1 if self.higher_is_better is False else 1


def scores_of(metrics: Mapping[str, Metric], held_out: HeldOut) -> dict[str, float]:
    """The scores that are defined, by name: finite numbers."""
    computed = {
        name: float(metric.score(held_out))
        for name, metric in metrics.items()
        if held_out.labels is not None or not metric.needs_labels
    }
    return {name: score for name, score in computed.items() if math.isfinite(score)}
