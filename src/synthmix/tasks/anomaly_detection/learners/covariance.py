"""`mahalanobis`: how far a point is from the mean, in units of a covariance that few points determine too."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import pinvh
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data


class MahalanobisDetector(OutlierMixin, BaseEstimator):
    """Minus the squared Mahalanobis distance, with a covariance that is shrunk towards a multiple of the identity.

    Args:
        shrinkage: s of (1 - s)·Σ + s·μ·I, with Σ the covariance of the points and μ its mean variance, from 0 to 1;
            None estimates it, see `ledoit_wolf_shrinkage`.

    Attributes:
        location_: the mean (n_features,).
        covariance_: shrunk (n_features, n_features).
        precision_: its inverse, or its pseudo-inverse where it has none.
        shrinkage_: s.
        n_features_in_: number of features.
    """

    def __init__(self, shrinkage: float | None = None) -> None:
        self.shrinkage = shrinkage

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds mean and covariance.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a weight of 2 equals the point given twice.

        Raises:
            ValueError: the shrinkage is not from 0 to 1.
        """
        if self.shrinkage is not None and not 0 <= self.shrinkage <= 1:
            raise ValueError(f"shrinkage={self.shrinkage}: must be from 0 to 1")
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        self.location_ = np.average(points, axis=0, weights=weight)
        centred = points - self.location_
        own = (weight * centred.T) @ centred / weight.sum()
        found = ledoit_wolf_shrinkage(centred, weight) if self.shrinkage is None else self.shrinkage
        self.shrinkage_ = float(found)
        self.covariance_ = (1 - found) * own + found * np.trace(own) / len(own) * np.eye(len(own))
        self.precision_ = pinvh(self.covariance_)
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the squared distance: (n_samples,)."""
        return -self._squared_distances(X)

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Minus the log-density of the normal distribution with this mean and covariance: (n_samples,).

        Infinite where the covariance has no inverse, and the distribution no density.
        """
        squared = self._squared_distances(X)
        variances = np.linalg.eigvalsh(self.covariance_)
        if variances[0] <= variances[-1] * len(variances) * np.finfo(np.float64).eps:
            return np.full(len(squared), np.inf)
        return np.asarray((squared + np.log(2 * np.pi * variances).sum()) / 2)

    def _squared_distances(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        centred = validate_data(self, X, dtype=np.float64, reset=False) - self.location_
        return np.asarray(np.einsum("ij,ij->i", centred @ self.precision_, centred))


def ledoit_wolf_shrinkage(centred: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """The shrinkage of least expected squared error (Ledoit and Wolf, J. Multivariate Analysis 88 (2004) 365-411).

    A point of weight w counts as w points, n as the sum of the weights.

    Args:
        centred: points less their weighted mean (n_samples, n_features).
        weight: of each point (n_samples,), ≥ 0.

    Returns:
        From 0 to 1; 0 where the covariance is a multiple of the identity already.
    """
    n, size = weight.sum(), centred.shape[1]
    own = (weight * centred.T) @ centred / n
    spread = np.square(own).sum() - np.trace(own) ** 2 / size  # squared distance of Σ to μ·I
    norms = np.square(centred).sum(axis=1)
    error = ((weight * norms**2).sum() / n - np.square(own).sum()) / n  # expected squared error of Σ
    return float(min(error, spread) / spread) if spread > 0 and error > 0 else 0.0
