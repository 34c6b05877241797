"""`reconstruction_error`: how badly a point is put together again from few principal components."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted, validate_data


class ReconstructionErrorDetector(OutlierMixin, BaseEstimator):
    """Minus the squared error of a point's reconstruction from principal components (a linear autoencoder).

    Args:
        variance: share of the variance of train that the components keep, above 0 and below 1.

    Attributes:
        components_: the fitted PCA.
        n_features_in_: number of features.
    """

    def __init__(self, variance: float = 0.9) -> None:
        self.variance = variance

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Finds the components of the points (n_samples, n_features); `y` is ignored."""
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self.components_ = PCA(self.variance, svd_solver="full").fit(points)
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the squared error, summed over the columns: (n_samples,)."""
        return -self.losses(X)

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """The squared error of each point, summed over the columns: (n_samples,)."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        rebuilt = self.components_.inverse_transform(self.components_.transform(points))
        return np.asarray(np.square(points - rebuilt).sum(axis=1))
