"""`birch`: subclusters of a tree that is grown in one pass, grouped."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import sklearn.cluster
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import check_is_fitted, validate_data

from synthmix.tasks.clustering.learners.graph.agglomerative import AgglomerativeClusterer
from synthmix.tasks.losses import squared_distances

N_NEIGHBORS = 10  # of a subcluster in the graph along which they are merged


class BirchClusterer(ClusterMixin, BaseEstimator):
    """scikit-learn's Birch (Zhang, Ramakrishnan and Livny, SIGMOD 1996), with a bound on its memory and with a loss.

    scikit-learn groups the subclusters by Ward's method on all their distances, and a small threshold makes nearly
    as many subclusters as points. Here Ward's method follows their graph of nearest neighbours, see
    `AgglomerativeClusterer`. Points, new or not, take the cluster of the nearest subcluster centre.

    Args:
        n_clusters: groups of subclusters; where there are fewer subclusters, each is one.
        threshold: radius below which a subcluster takes another point, > 0.
        branching_factor: subclusters of a node of the tree, > 1.

    Attributes:
        subcluster_centers_: (n_subclusters, n_features).
        subcluster_labels_: cluster of each subcluster (n_subclusters,).
        labels_: cluster of each training point (n_samples,).
        n_features_in_: number of features.
    """

    def __init__(self, n_clusters: int = 3, *, threshold: float = 0.5, branching_factor: int = 50) -> None:
        self.n_clusters = n_clusters
        self.threshold = threshold
        self.branching_factor = branching_factor

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Grows the tree over points (n_samples, n_features) and groups its subclusters; `y` is ignored.

        Raises:
            ValueError: a parameter is out of range.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64)
        tree = sklearn.cluster.Birch(threshold=self.threshold, branching_factor=self.branching_factor, n_clusters=None)
        self.subcluster_centers_ = np.asarray(tree.fit(points).subcluster_centers_)
        if len(self.subcluster_centers_) <= self.n_clusters:
            self.subcluster_labels_ = np.arange(len(self.subcluster_centers_))
        else:
            merged = AgglomerativeClusterer(self.n_clusters, n_neighbors=N_NEIGHBORS).fit(self.subcluster_centers_)
            self.subcluster_labels_ = merged.labels_
        self.labels_ = self._nearest(points)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Cluster of the nearest subcluster centre: (n_samples,)."""
        check_is_fitted(self)
        return self._nearest(validate_data(self, X, dtype=np.float64, reset=False))

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Squared distance to the nearest subcluster centre: (n_samples,)."""
        check_is_fitted(self)
        return squared_distances(validate_data(self, X, dtype=np.float64, reset=False), self.subcluster_centers_)

    def _nearest(self, points: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self.subcluster_labels_[pairwise_distances_argmin(points, self.subcluster_centers_)])
