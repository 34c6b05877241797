"""`agglomerative`: clusters that are merged from single points, along a graph of nearest neighbours."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import sklearn.cluster
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from synthmix.tasks.clustering.learners.graph.neighbors import NearestNeighborPredict, connected_neighbor_graph

Linkage = Literal["ward", "complete", "average", "single"]


class AgglomerativeClusterer(NearestNeighborPredict, ClusterMixin, BaseEstimator):
    """scikit-learn's AgglomerativeClustering, whose merges follow a graph of nearest neighbours, for new points too.

    Without a graph the method needs all distances. With one, only clusters that an edge joins are merged: an
    approximation whose memory grows with n_samples · n_neighbors. A new point takes the cluster of the nearest training
    point.

    Args:
        n_clusters: from 1 to the number of points.
        linkage: between clusters: `ward`, `complete`, `average` or `single`.
        n_neighbors: of each point in the graph, ≥ 1; None merges without a graph.

    Attributes:
        points_: training points (n_samples, n_features).
        labels_: cluster of each (n_samples,).
        n_features_in_: number of features.
    """

    def __init__(self, n_clusters: int = 2, *, linkage: Linkage = "ward", n_neighbors: int | None = 10) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.n_neighbors = n_neighbors

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Merges points (n_samples, n_features) until `n_clusters` are left; `y` is ignored.

        Raises:
            ValueError: a parameter is out of range, or there are fewer points than clusters.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if self.n_clusters > len(points):
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={len(points)}")
        graph = None if self.n_neighbors is None else connected_neighbor_graph(points, self.n_neighbors)
        merged = sklearn.cluster.AgglomerativeClustering(self.n_clusters, linkage=self.linkage, connectivity=graph)
        self.labels_ = merged.fit(points).labels_
        self.points_ = points
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Cluster of the nearest training point: (n_samples,)."""
        check_is_fitted(self)
        return self.nearest_labels(validate_data(self, X, dtype=np.float64, reset=False))
