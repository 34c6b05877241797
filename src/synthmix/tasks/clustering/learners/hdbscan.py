"""`hdbscan`: scikit-learn's HDBSCAN with an out-of-sample `predict`."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import sklearn.cluster
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data

from synthmix.tasks.clustering.outputs import NOISE

TOLERANCE = 1e-6  # relative: a reach is a distance between points, and rounding must not decide whether it counts


class HDBSCAN(ClusterMixin, BaseEstimator):
    """scikit-learn's HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013) in Euclidean space, for new points too.

    The reach of a cluster is the longest mutual reachability distance by which its points hang together: within it all
    of them are core points, and no other point is as near. A new point takes the label of the nearest point in a
    cluster if that lies within its cluster's reach, and if so does the new point's own core distance; else it is noise,
    -1. So a training point has the label that scikit-learn gives it, but where it is exactly as far as the reach: there
    it is in the cluster, and the order of the points has no part in it. Distances are computed as they are needed:
    memory grows with the number of points, time with its square.

    Args:
        min_cluster_size: points of a cluster, ≥ 2.
        min_samples: the core distance is that to the nearest point of this number, a training point its own first; None
            takes `min_cluster_size`.
        cluster_selection_method: `eom` (excess of mass) or `leaf`.

    Attributes:
        labels_: cluster of each training point, -1 for noise (n_samples,).
        reach_: of each cluster (n_clusters,).
        components_: the points in clusters (n_components, n_features), and `component_labels_` their clusters.
        points_: training points (n_samples, n_features).
        n_features_in_: number of features.
    """

    def __init__(
        self,
        min_cluster_size: int = 5,
        *,
        min_samples: int | None = None,
        cluster_selection_method: Literal["eom", "leaf"] = "eom",
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.cluster_selection_method = cluster_selection_method

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Finds the clusters of points (n_samples, n_features); `y` is ignored.

        Raises:
            ValueError: a parameter is out of range, or there are fewer points than `min_samples`.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        fitted = sklearn.cluster.HDBSCAN(
            min_cluster_size=self.min_cluster_size,
            min_samples=self.min_samples,
            cluster_selection_method=self.cluster_selection_method,
            algorithm="kd_tree",
            copy=True,
        ).fit(points)
        labels = np.asarray(fitted.labels_, dtype=np.int64)
        self.reach_ = _reaches(labels, fitted._single_linkage_tree_)
        self.points_ = points
        self.components_, self.component_labels_ = points[labels != NOISE], labels[labels != NOISE]
        self.labels_ = self._nearest_labels(points)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Label of the nearest point in a cluster, within that cluster's reach, else -1: (n_samples,)."""
        check_is_fitted(self)
        return self._nearest_labels(validate_data(self, X, dtype=np.float64, reset=False))

    def _nearest_labels(self, points: NDArray[np.float64]) -> NDArray[Any]:
        if not len(self.reach_):
            return np.full(len(points), NOISE)
        distance, nearest = _neighbors(self.components_, 1, points)
        core, _ = _neighbors(self.points_, self.min_samples or self.min_cluster_size, points)
        label = self.component_labels_[nearest]
        within = np.maximum(distance, core) <= self.reach_[label] * (1 + TOLERANCE)
        return np.where(within, label, NOISE)


def _neighbors(points: NDArray[Any], k: int, queries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distance and place of the k-th nearest point; by a tree, whose distances are exact where HDBSCAN's are."""
    distance, place = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points).kneighbors(queries)
    return distance[:, -1], place[:, -1]


def _reaches(labels: NDArray[np.int64], tree: NDArray[Any]) -> NDArray[np.float64]:
    """The distance of the last merge within each cluster.

    Args:
        labels: of the points, (n,).
        tree: single linkage by mutual reachability, a row for each merge in ascending order of its `value`, of
            `left_node` and `right_node`, where node n + i is made by row i.
    """
    n, reach = len(labels), np.zeros(labels.max() + 1)
    label_of = np.concatenate([labels, np.full(len(tree), NOISE)])  # of a node whose points are all of one cluster
    for row, (left, right) in enumerate(zip(tree["left_node"].tolist(), tree["right_node"].tolist(), strict=True)):
        label = label_of[left]
        if label != NOISE and label == label_of[right]:
            label_of[n + row] = label
            reach[label] = tree["value"][row]
    return reach
