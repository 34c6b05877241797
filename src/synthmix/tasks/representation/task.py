"""Representation learning: a representation is fitted on the mixture and judged by held-out points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from synthmix.tasks.clustering.task import Clustering
from synthmix.tasks.representation.outputs import CODE


class RepresentationLearning(Clustering):
    """The task of finding a space in which points that are alike lie together.

    What is judged is the representation of the cell, which is fitted on the mixture. The learner, a clusterer on the
    represented mixture, is one of its judges.
    """

    prefix: ClassVar[str] = "representation"
    scored_by: ClassVar[str] = "synthmix.tasks.representation.metrics"
    drawn_by: ClassVar[str] = "synthmix.tasks.representation.pictures"
    primary: ClassVar[Sequence[str]] = ("knn_accuracy", "reconstruction_error", "trustworthiness")
    choose_by: ClassVar[Sequence[str]] = ("reconstruction_error", "trustworthiness")
    reconstructs: ClassVar[bool] = True

    def outputs(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """What is stored of the represented points (N, d): `code`, the points themselves, and what a clustering has."""
        return {CODE: points, **super().outputs(points)}
