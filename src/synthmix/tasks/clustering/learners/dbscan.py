"""`dbscan`: density-based clusters with an out-of-sample `predict` and a radius chosen without labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

NOISE = -1
KNEE_TOLERANCE = 1e-6  # relative: the knee is a distance between points, and rounding must not decide whether it counts
PAIRS = 2**23  # of a point and a neighbour that are held at once: 64 MiB for each array of them
FLOATS = [np.float64, np.float32]  # either is kept as it comes


class DBSCAN(ClusterMixin, BaseEstimator):
    """DBSCAN (Ester et al., KDD 1996) in Euclidean space, for new points too.

    Core samples and clusters are those of scikit-learn, which keeps all neighbourhoods at once; here they are looked
    at block by block, so that memory grows with the number of points.

    Every point, new or not, takes the label of the nearest core sample within `eps_`; where there is none it is
    noise, -1. So a training point on the border of two clusters joins the nearer one, where scikit-learn's
    joins the one that it happens to visit first.

    Args:
        eps: radius of a point's neighbourhood, > 0, or `auto`: the knee of the k-distance curve, see `knee_radius`.
        min_samples: weight within the radius, the point's own included, that makes a core sample, ≥ 1.
        eps_quantile: where `eps` is `auto`, the radius is this quantile of the k-distance curve, above 0 and below 1,
            so that at least this share of the distinct points are core samples; None takes the knee.

    Attributes:
        eps_: the radius used.
        labels_: cluster of each training point, -1 for noise (n_samples,).
        core_sample_indices_: which training points are core samples (n_core,).
        components_: the core samples (n_core, n_features).
        core_labels_: cluster of each core sample (n_core,).
        n_features_in_: number of features.
    """

    def __init__(
        self, eps: float | Literal["auto"] = 0.5, *, min_samples: int = 5, eps_quantile: float | None = None
    ) -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.eps_quantile = eps_quantile

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds the core samples and the clusters that they form.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; 2 equals the point given twice, 0 the point left out.

        Raises:
            ValueError: a parameter is out of range, or `eps` is `auto` and there are not two distinct points.
        """
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS)
        weight = _check_sample_weight(sample_weight, points, ensure_non_negative=True)
        present = np.flatnonzero(weight)
        self.eps_ = self._radius(points[present]) if self.eps == "auto" else self.eps
        if not self.eps_ > 0 or self.min_samples < 1:
            raise ValueError(f"eps={self.eps_} min_samples={self.min_samples}: must be > 0 and ≥ 1")
        around = _weights_within(points[present], weight[present], self.eps_)
        self.core_sample_indices_ = present[around >= self.min_samples]
        self.components_ = points[self.core_sample_indices_]
        self.core_labels_ = _numbered_by_position(_joined(self.components_, self.eps_), self.components_)
        self.labels_ = self._nearest_core_labels(points)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Label of the nearest core sample within `eps_`, else -1: (n_samples,)."""
        check_is_fitted(self)
        return self._nearest_core_labels(validate_data(self, X, dtype=FLOATS, reset=False))

    def _radius(self, X: NDArray[Any]) -> float:
        if self.eps_quantile is None:
            return knee_radius(X, self.min_samples)
        return quantile_radius(X, self.min_samples, self.eps_quantile)

    def _nearest_core_labels(self, X: NDArray[Any]) -> NDArray[Any]:
        if not len(self.components_):
            return np.full(len(X), NOISE)
        distance, nearest = NearestNeighbors(n_neighbors=1).fit(self.components_).kneighbors(X)
        return np.where(distance[:, 0] <= self.eps_, self.core_labels_[nearest[:, 0]], NOISE)


def _blocks(n: int) -> Iterator[slice]:
    """Slices of n points, of which all neighbours among n may be held at once."""
    size = max(1, PAIRS // max(n, 1))
    return (slice(start, start + size) for start in range(0, n, size))


def _weights_within(X: NDArray[Any], weight: NDArray[Any], radius: float) -> NDArray[Any]:
    """The weight of all points within the radius of each, its own included: (n_samples,)."""
    search = NearestNeighbors(radius=radius).fit(X)
    sums = [
        [weight[near].sum() for near in search.radius_neighbors(X[block], return_distance=False)]
        for block in _blocks(len(X))
    ]
    return np.concatenate(sums)


def _joined(X: NDArray[Any], radius: float) -> NDArray[Any]:
    """The connected component of each point, (n_samples,), where those within the radius of each other are joined."""
    component = np.arange(len(X))
    if not len(X):
        return component
    search = NearestNeighbors(radius=radius).fit(X)
    for block in _blocks(len(X)):
        near = search.radius_neighbors(X[block], return_distance=False)
        ends = np.repeat(component[block], list(map(len, near))), component[np.concatenate(near)]
        apart = ends[0] != ends[1]
        if apart.any():
            edges = ends[0][apart], ends[1][apart]
            graph = coo_array((np.ones(len(edges[0])), edges), shape=(len(X), len(X)))
            component = connected_components(graph, directed=False)[1][component]
    return component


def knee_radius(X: NDArray[Any], min_samples: int) -> float:
    """The distance at the knee of the sorted k-distance curve, k = `min_samples`.

    The knee of the ascending curve, see `k_distances`, is the value that lies furthest below
    the chord from its first to its last value: for d₁ ≤ … ≤ d_m the i that maximises
    (i - 1)/(m - 1) - (dᵢ - d₁)/(d_m - d₁) (Satopää et al., "Finding a kneedle in a haystack", ICDCSW 2011).

    Args:
        X: points (n_samples, n_features).
        min_samples: of the DBSCAN, ≥ 1.

    Returns:
        A radius > 0.

    Raises:
        ValueError: there are not two distinct points.
    """
    curve = k_distances(X, min_samples)
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return float(curve[np.argmax(chord - curve)]) * (1 + KNEE_TOLERANCE)


def quantile_radius(X: NDArray[Any], min_samples: int, share: float) -> float:
    """The least of the k-distances, k = `min_samples`, at or below which this share of them lies; see `k_distances`.

    Raises:
        ValueError: the share is not above 0 and below 1, or there are not two distinct points.
    """
    if not 0 < share < 1:
        raise ValueError(f"eps_quantile={share}: must be > 0 and < 1")
    radius: float = np.quantile(k_distances(X, min_samples), share, method="inverted_cdf")
    return float(radius) * (1 + KNEE_TOLERANCE)


def k_distances(X: NDArray[Any], min_samples: int) -> NDArray[Any]:
    """The ascending k-distance curve, k = `min_samples`, over the distinct points.

    The k-distance of a point is the distance to its k-th nearest point, itself counted as the first (Ester et
    al. 1996, section 4.2; k at least 2). Equal points count once, so that copies, whatever their number, do not change
    the curve.

    Raises:
        ValueError: there are not two distinct points.
    """
    distinct = np.unique(X, axis=0)
    if len(distinct) < 2:
        raise ValueError(f"eps=auto: needs two distinct points, n_samples={len(X)} have {len(distinct)}")
    k = min(max(min_samples, 2), len(distinct))
    return np.sort(NearestNeighbors(n_neighbors=k).fit(distinct).kneighbors(distinct)[0][:, -1])


def _numbered_by_position(core_labels: NDArray[Any], components: NDArray[Any]) -> NDArray[Any]:
    """Numbers the clusters in the lexicographic order of their first core samples, whatever the points' order."""
    numbers, first = np.unique(core_labels[np.lexsort(components.T)], return_index=True)
    return np.argsort(np.argsort(first))[np.searchsorted(numbers, core_labels)]
