"""`dbscan`: density-based clusters with an out-of-sample `predict` and a radius chosen without labels."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import sklearn.cluster
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

NOISE = -1
FLOATS = [np.float64, np.float32]  # either is kept as it comes


class DBSCAN(ClusterMixin, BaseEstimator):
    """scikit-learn's DBSCAN (Ester et al., KDD 1996) in Euclidean space, for new points too.

    A new point takes the label of the nearest core sample within `eps_`; where there is none it is noise, -1.
    Core samples keep their label; a training point on the border of two clusters may get the other one's.

    Args:
        eps: radius of a point's neighbourhood, > 0, or `auto`: the knee of the k-distance curve, see `knee_radius`.
        min_samples: weight within the radius, the point's own included, that makes a core sample, ≥ 1.

    Attributes:
        eps_: the radius used.
        labels_: cluster of each training point, -1 for noise (n_samples,).
        core_sample_indices_: which training points are core samples (n_core,).
        components_: the core samples (n_core, n_features).
        n_features_in_: number of features.
    """

    def __init__(self, eps: float | Literal["auto"] = 0.5, *, min_samples: int = 5) -> None:
        self.eps = eps
        self.min_samples = min_samples

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds the core samples and the clusters that they form.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a weight of 2 equals the point given twice.

        Raises:
            ValueError: a parameter is out of range, or `eps` is `auto` and there are not two distinct points.
        """
        X = validate_data(self, X, dtype=FLOATS)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        self.eps_ = knee_radius(X[weight > 0], self.min_samples) if self.eps == "auto" else self.eps
        fitted = sklearn.cluster.DBSCAN(eps=self.eps_, min_samples=self.min_samples).fit(X, sample_weight=weight)
        self.labels_ = fitted.labels_
        self.core_sample_indices_ = fitted.core_sample_indices_
        self.components_ = fitted.components_
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Label of the nearest core sample within `eps_`, else -1: (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        if not len(self.components_):
            return np.full(len(X), NOISE)
        distance, nearest = NearestNeighbors(n_neighbors=1).fit(self.components_).kneighbors(X)
        labels = self.labels_[self.core_sample_indices_[nearest[:, 0]]]
        return np.where(distance[:, 0] <= self.eps_, labels, NOISE)


def knee_radius(X: NDArray[Any], min_samples: int) -> float:
    """The distance at the knee of the sorted k-distance curve, k = `min_samples`.

    The k-distance of a point is the distance to its k-th nearest point, itself counted as the first (Ester et
    al. 1996, section 4.2; k at least 2). The knee of the ascending curve is the value that lies furthest below
    the chord from its first to its last value: for d₁ ≤ … ≤ d_m the i that maximises
    (i - 1)/(m - 1) - (dᵢ - d₁)/(d_m - d₁) (Satopää et al., "Finding a kneedle in a haystack", ICDCSW 2011).
    Equal points count once, so that copies, whatever their number, do not change the radius.

    Args:
        X: points (n_samples, n_features).
        min_samples: of the DBSCAN, ≥ 1.

    Returns:
        A radius > 0.

    Raises:
        ValueError: there are not two distinct points.
    """
    distinct = np.unique(X, axis=0)
    if len(distinct) < 2:
        raise ValueError(f"eps=auto: needs at least two distinct points, n_samples={len(X)} have {len(distinct)}")
    k = min(max(min_samples, 2), len(distinct))
    curve = np.sort(NearestNeighbors(n_neighbors=k).fit(distinct).kneighbors(distinct)[0][:, -1])
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return float(curve[np.argmax(chord - curve)])
