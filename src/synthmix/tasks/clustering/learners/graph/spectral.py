"""`spectral`: the normalised cut of a graph of nearest neighbours."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from synthmix.tasks.clustering.learners.graph.neighbors import NearestNeighborPredict, connected_neighbor_graph

DENSE = 200  # up to so many points all eigenvectors are computed, as Lanczos' method needs more points than vectors
TOLERANCE = 1e-4  # relative, of the eigenvalues: k-means on the embedding does not see more


class SpectralClusterer(NearestNeighborPredict, ClusterMixin, BaseEstimator):
    """Normalised spectral clustering (Shi and Malik 2000) of a sparse graph of nearest neighbours, for new points too.

    The graph joins points of which either is among the k nearest of the other, and is connected by the shortest
    bridges where it falls apart. K-means groups the rows of the first `n_clusters` eigenvectors of its random-walk
    Laplacian (von Luxburg, "A tutorial on spectral clustering", 2007). They are the leading ones of the sparse matrix
    D^-1/2 W D^-1/2, found by Lanczos' method without a factorisation, so that memory grows with
    n_samples · n_neighbors. A new point takes the cluster of the nearest training point.

    Args:
        n_clusters: from 1 to the number of points.
        n_neighbors: of each point in the graph, ≥ 1.
        n_init: starts of k-means, of which the best is kept.
        random_state: of Lanczos' start and of k-means.

    Attributes:
        points_: training points (n_samples, n_features).
        labels_: cluster of each (n_samples,).
        n_features_in_: number of features.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_neighbors: int = 10,
        n_init: int = 10,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Cuts the graph of points (n_samples, n_features); `y` is ignored.

        Raises:
            ValueError: there are fewer points than clusters, or the eigenvectors are not found.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if self.n_clusters > len(points):
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={len(points)}")
        random_state = check_random_state(self.random_state)
        graph = connected_neighbor_graph(points, self.n_neighbors)
        embedding = spectral_embedding(graph, self.n_clusters, random_state)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=random_state).fit(embedding)
        self.labels_ = kmeans.labels_
        self.points_ = points
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Cluster of the nearest training point: (n_samples,)."""
        check_is_fitted(self)
        return self.nearest_labels(validate_data(self, X, dtype=np.float64, reset=False))


def spectral_embedding(graph: csr_array, n_vectors: int, random_state: RandomState) -> NDArray[np.float64]:
    """The eigenvectors of a graph's random-walk Laplacian that belong to its least eigenvalues.

    Args:
        graph: symmetric, without a point of degree 0, (n, n).
        n_vectors: from 1 to n.
        random_state: of the start of Lanczos' method.

    Returns:
        (n, n_vectors).

    Raises:
        ValueError: Lanczos' method does not converge.
    """
    scale = 1 / np.sqrt(graph.sum(axis=1))
    normalised = diags_array(scale) @ graph @ diags_array(scale)
    if len(scale) <= max(DENSE, 2 * n_vectors + 1):
        vectors = np.linalg.eigh(normalised.toarray())[1][:, -n_vectors:]
    else:
        start = random_state.uniform(-1, 1, len(scale))
        try:
            size = _subspace(n_vectors, len(scale))
            _, vectors = eigsh(normalised, n_vectors, which="LA", v0=start, ncv=size, tol=TOLERANCE)
        except ArpackNoConvergence as error:
            raise ValueError(f"n_clusters={n_vectors}: no eigenvectors of the graph ({error})") from error
    return np.asarray(vectors * scale[:, None] * np.sqrt(len(scale)))


def _subspace(n_vectors: int, n: int) -> int:
    """Lanczos vectors: more of them need fewer restarts where eigenvalues lie close."""
    return min(n - 1, max(4 * n_vectors, 40))
