"""Clustering: a clusterer is fitted on the mixture and assigns held-out points by its `predict`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.spec import DataSpec
from synthmix.tasks.clustering.outputs import ASSIGNMENTS
from synthmix.tasks.seeding import with_random_state


class Clustering:
    """The task of finding groups.

    Args:
        estimator: the learner, an unfitted scikit-learn clusterer with `fit` and `predict`. Where its `n_clusters` is
            None, it is given the number of known classes, which is a default for benchmarks.
        spec: of the data.
    """

    prefix: ClassVar[str] = "cluster"
    learner: ClassVar[str] = "clusterer"
    scored_by: ClassVar[str] = "synthmix.tasks.clustering.metrics"
    drawn_by: ClassVar[str] = "synthmix.tasks.clustering.pictures"
    primary: ClassVar[Sequence[str]] = ("ari", "silhouette")
    choose_by: ClassVar[str | None] = "silhouette"

    def __init__(self, *, estimator: Any, spec: DataSpec) -> None:
        self.estimator, self.spec = estimator, spec

    def fit(self, points: NDArray[Any], weight: NDArray[Any] | None, seed: int) -> Self:
        """Fits the clusterer to points (N, d)."""
        if getattr(self.estimator, "n_clusters", 0) is None:
            self.estimator.set_params(n_clusters=self.spec.n_classes)
        with_random_state(self.estimator, seed, "clusterer")
        self.estimator.fit(points, **({} if weight is None else {"sample_weight": weight}))
        return self

    def outputs(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """`assignments`: the cluster of each point, int64, (N,), -1 for noise."""
        return {ASSIGNMENTS: np.asarray(self.estimator.predict(points)).astype(np.int64)}
