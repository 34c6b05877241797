"""`kmedoids`: k-medoids by FasterPAM of the package kmedoids, on all points or on samples of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import euclidean_distances, pairwise_distances_argmin, pairwise_distances_argmin_min
from sklearn.metrics.pairwise import pairwise_distances_chunked
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data


class KMedoids(ClusterMixin, BaseEstimator):
    """k-medoids in Euclidean space: the k points that have the least sum of distances of all to the nearest of them.

    FasterPAM (Schubert and Rousseeuw, Information Systems 101, 2021) on the distances of all pairs; or, with
    `sample_size`, CLARA (Kaufman and Rousseeuw 1990): each start looks for medoids among a sample of its own, and all
    points judge them. New points take the nearest medoid.

    Args:
        n_clusters: from 1 to the number of points.
        sample_size: points of a start, at least `n_clusters`; None takes all, whose distances need
            4 · n_samples² bytes.
        n_init: starts, of which the best is kept, ≥ 1.
        max_iter: rounds of each start, ≥ 1.
        random_state: of the starts.

    Attributes:
        medoid_indices_: which training points are the medoids (n_clusters,).
        medoids_: (n_clusters, n_features).
        labels_: cluster of each training point (n_samples,).
        n_iter_: rounds of the best start.
        n_features_in_: number of features.
    """

    metric: ClassVar[str] = "euclidean"

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        sample_size: int | None = None,
        n_init: int = 5,
        max_iter: int = 100,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.sample_size = sample_size
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Finds the medoids of points (n_samples, n_features); `y` is ignored.

        Raises:
            ValueError: there are fewer points, of all or of a sample, than clusters.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64)
        size = len(points) if self.sample_size is None else min(self.sample_size, len(points))
        if self.n_clusters > size:
            name = "n_samples" if size == len(points) else "sample_size"
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ {name}={size}")
        self._learn_space(points)
        measured = self._measured(points)
        found = list(self._starts(measured, size, check_random_state(self.random_state)))
        sums = [self._nearest(measured, measured[medoids])[1].sum() for medoids, _ in found]
        medoids, self.n_iter_ = found[int(np.argmin(sums))]
        self.medoid_indices_ = np.sort(medoids)
        self.medoids_ = points[self.medoid_indices_]
        self.labels_ = self._assigned(measured)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Number of the nearest medoid: (n_samples,)."""
        check_is_fitted(self)
        return self._assigned(self._measured(self._checked(X)))

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Distance to the nearest medoid: (n_samples,)."""
        check_is_fitted(self)
        measured = self._measured(self._checked(X))
        return np.asarray(self._nearest(measured, self._measured(self.medoids_))[1], dtype=np.float64)

    def _learn_space(self, points: NDArray[np.float64]) -> None:
        """What a metric needs to know of the training points."""

    def _measured(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points, (N, d), as their distances are measured."""
        return points

    def _assigned(self, measured: NDArray[np.float64]) -> NDArray[Any]:
        medoids = self._measured(self.medoids_)
        return np.asarray(pairwise_distances_argmin(measured, medoids, metric=self.metric))

    def _nearest(self, measured: NDArray[np.float64], medoids: NDArray[np.float64]) -> tuple[Any, Any]:
        """The number of the nearest medoid, and the distance to it."""
        nearest, distances = pairwise_distances_argmin_min(measured, medoids, metric=self.metric)
        return nearest, distances

    def _all_distances(self, measured: NDArray[np.float64]) -> NDArray[np.float32]:
        """Those of all pairs."""
        if self.metric == "euclidean":
            return np.asarray(euclidean_distances(measured.astype(np.float32)))
        found = np.empty((len(measured), len(measured)), dtype=np.float32)
        start = 0
        for rows in pairwise_distances_chunked(measured, metric=self.metric, working_memory=64):
            found[start : start + len(rows)] = rows
            start += len(rows)
        return found

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, reset=False)
        return points

    def _starts(
        self, points: NDArray[np.float64], size: int, random_state: RandomState
    ) -> Iterator[tuple[NDArray[Any], int]]:
        """The medoids that each start finds, as places of training points, and its rounds."""
        from kmedoids import fasterpam  # an optional extra

        everything = np.arange(len(points))
        of_all = self._all_distances(points) if size == len(points) else None
        for _ in range(self.n_init):
            drawn = everything if of_all is not None else random_state.permutation(len(points))[:size]
            distances = self._all_distances(points[drawn]) if of_all is None else of_all
            seed = int(random_state.randint(2**31 - 1))
            found = fasterpam(distances, self.n_clusters, max_iter=self.max_iter, random_state=seed, n_cpu=1)
            yield drawn[np.asarray(found.medoids, dtype=np.int64)], int(found.n_iter)
