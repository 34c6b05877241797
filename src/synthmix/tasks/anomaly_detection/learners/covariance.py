"""`mahalanobis`: how far a point is from the mean, in units of a covariance that few points determine too."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.covariance import LedoitWolf
from sklearn.utils.validation import check_is_fitted, validate_data


class MahalanobisDetector(OutlierMixin, BaseEstimator):
    """Minus the squared Mahalanobis distance, with the shrunk covariance of Ledoit and Wolf (2004).

    Attributes:
        covariance_: the fitted LedoitWolf.
        n_features_in_: number of features.
    """

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Finds mean and covariance of the points (n_samples, n_features); `y` is ignored."""
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self.covariance_ = LedoitWolf().fit(points)
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the squared distance: (n_samples,)."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        return -np.asarray(self.covariance_.mahalanobis(points))
