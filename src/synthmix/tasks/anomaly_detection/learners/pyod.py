"""Any detector of pyod, by its name."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin


class PyodDetector(OutlierMixin, BaseEstimator):
    """A detector of pyod with the verbs of scikit-learn's: minus its decision function.

    Args:
        detector: an unfitted one of `pyod.models`.
    """

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Fits the detector to points (n_samples, n_features); `y` is ignored."""
        self.detector.fit(np.asarray(X, dtype=np.float64))
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Minus the anomaly score: (n_samples,)."""
        return -np.asarray(self.detector.decision_function(np.asarray(X, dtype=np.float64)))
