"""`reconstruction_error`: how badly a point is put together again from few principal components."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data


class ReconstructionErrorDetector(OutlierMixin, BaseEstimator):
    """Minus the squared error of a point's reconstruction from principal components (a linear autoencoder).

    Args:
        variance: share of the variance of train that the components keep, above 0 and below 1.

    Attributes:
        location_: the mean (n_features,).
        components_: the principal components (n_components, n_features), orthonormal.
        n_features_in_: number of features.
    """

    def __init__(self, variance: float = 0.9) -> None:
        self.variance = variance

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds the components.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a weight of 2 equals the point given twice.

        Raises:
            ValueError: the share of the variance is not above 0 and below 1.
        """
        if not 0 < self.variance < 1:
            raise ValueError(f"variance={self.variance}: must be > 0 and < 1")
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        self.location_ = np.average(points, axis=0, weights=weight)
        spread, axes = np.linalg.svd(np.sqrt(weight)[:, None] * (points - self.location_), full_matrices=False)[1:]
        kept = np.cumsum(spread**2)
        # The first with which more than the share is kept; none where all points are equal.
        count = np.searchsorted(kept, self.variance * kept[-1], side="right") + 1 if kept[-1] > 0 else 0
        self.components_ = axes[:count]
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the squared error, summed over the columns: (n_samples,)."""
        return -self.losses(X)

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """The squared error of each point, summed over the columns: (n_samples,)."""
        check_is_fitted(self)
        centred = validate_data(self, X, dtype=np.float64, reset=False) - self.location_
        rebuilt = centred @ self.components_.T @ self.components_
        return np.asarray(np.square(centred - rebuilt).sum(axis=1))
