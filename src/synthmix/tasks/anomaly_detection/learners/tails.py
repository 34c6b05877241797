"""`ecod`: how far out in the tails of its columns a point lies."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import skew
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class EcodDetector(OutlierMixin, BaseEstimator):
    """Minus the ECOD score (Li et al., "ECOD", TKDE 2022): sums over columns of -log of empirical tail probabilities.

    The score is the greatest of three sums: of the left tails, of the right ones, and of the tail on the side to which
    each column is skewed. The empirical distributions are those of train, so that a new point changes none of them; one
    beyond all points of train has the tail probability 1 / (n + 1).

    Attributes:
        columns_: the sorted values of train, (n_samples, n_features).
        skewness_: of each column, (n_features,).
        n_features_in_: number of features.
    """

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keeps the sorted columns of the points (n_samples, n_features); `y` is ignored."""
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64)
        self.columns_ = np.sort(points, axis=0)
        varied = points.std(axis=0) > 0
        self.skewness_ = np.where(varied, skew(points + 0.0 * varied, axis=0), 0.0) if varied.any() else varied * 0.0
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the score: (n_samples,)."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        n = len(self.columns_)
        at_most, at_least = np.empty_like(points), np.empty_like(points)
        for column, values in enumerate(self.columns_.T):
            at_most[:, column] = np.searchsorted(values, points[:, column], side="right")
            at_least[:, column] = n - np.searchsorted(values, points[:, column], side="left")
        left, right = -np.log(np.maximum(at_most, 1) / (n + 1)), -np.log(np.maximum(at_least, 1) / (n + 1))
        by_skewness = np.where(self.skewness_ < 0, left, right)
        return -np.asarray(np.max([left.sum(axis=1), right.sum(axis=1), by_skewness.sum(axis=1)], axis=0))
