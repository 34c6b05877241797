"""`knn`: how far a point is from the points of train."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data


class NearestNeighborDetector(OutlierMixin, BaseEstimator):
    """Minus the Euclidean distance to the k-th nearest point of train (Ramaswamy, Rastogi and Shim 2000).

    Args:
        n_neighbors: k, from 1 to the number of points of train.

    Attributes:
        neighbors_: the fitted search.
        n_features_in_: number of features.
    """

    def __init__(self, n_neighbors: int = 5) -> None:
        self.n_neighbors = n_neighbors

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keeps the points (n_samples, n_features); `y` is ignored.

        Raises:
            ValueError: there are fewer points than neighbours.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64)
        if not 1 <= self.n_neighbors <= len(points):
            raise ValueError(f"n_neighbors={self.n_neighbors}: must be from 1 to n_samples={len(points)}")
        self.neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors).fit(points)
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the distance to the k-th nearest point: (n_samples,). A point of train is its own nearest."""
        check_is_fitted(self)
        distance, _ = self.neighbors_.kneighbors(validate_data(self, X, dtype=np.float64, reset=False))
        return -np.asarray(distance)[:, -1]
