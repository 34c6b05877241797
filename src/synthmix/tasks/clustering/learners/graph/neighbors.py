"""The graph of nearest neighbours that these clusterers work on, and how new points are assigned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import pairwise_distances_argmin, pairwise_distances_argmin_min
from sklearn.neighbors import kneighbors_graph

Points = NDArray[np.float64]


class NearestNeighborPredict:
    """A `predict` for a clusterer that has labels for its training points alone: 1-NN.

    Attributes:
        points_: training points (n_samples, n_features).
        labels_: cluster of each (n_samples,).
    """

    points_: Points
    labels_: NDArray[Any]

    def nearest_labels(self, points: Points) -> NDArray[Any]:
        """Cluster of the nearest training point, (n_samples,); a training point's own where no other equals it."""
        return np.asarray(self.labels_[pairwise_distances_argmin(points, self.points_)])


def connected_neighbor_graph(points: Points, n_neighbors: int) -> csr_array:
    """The symmetric graph of k nearest neighbours, made connected.

    Two points are joined where either is among the k nearest of the other. Where the graph falls apart, each
    component but the largest is joined to the point outside of it that is nearest to it, again and again until there
    is one (Borůvka's steps of a minimum spanning tree). Distances are computed block by block.

    Args:
        points: (n_samples, n_features), at least 2.
        n_neighbors: k, the point itself not counted; all others where there are no more.

    Returns:
        (n_samples, n_samples), 1 where two points are joined.
    """
    graph = kneighbors_graph(points, min(n_neighbors, len(points) - 1), include_self=False)
    graph = csr_array(graph.maximum(graph.T))
    n_components, component = connected_components(graph, directed=False)
    while n_components > 1:
        graph = csr_array(graph.maximum(_shortest_bridges(points, n_components, component)))
        n_components, component = connected_components(graph, directed=False)
    return graph


def _shortest_bridges(points: Points, n_components: int, component: NDArray[Any]) -> csr_array:
    """For each component but the largest, the edge to the nearest point outside of it, in both directions."""
    ends = []
    for number in np.delete(np.arange(n_components), np.bincount(component).argmax()):
        inside, outside = np.flatnonzero(component == number), np.flatnonzero(component != number)
        nearest, distance = pairwise_distances_argmin_min(points[inside], points[outside])
        start = int(np.argmin(distance))
        ends.append((inside[start], outside[nearest[start]]))
    rows, columns = np.transpose(ends)
    both = np.concatenate([rows, columns]), np.concatenate([columns, rows])
    edges = coo_array((np.ones(len(both[0])), both), shape=(len(points), len(points))).tocsr()
    edges.data[:] = 1.0  # an edge that is the shortest of both its ends was counted twice
    return csr_array(edges)
