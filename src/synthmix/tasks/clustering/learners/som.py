"""`som`: a batch self-organising map as a scikit-learn clusterer and transformer."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from synthmix.tasks.clustering.learners import som_batch

FLOATS = [np.float64, np.float32]  # either is kept as it comes
KMEANS_STARTS = 10


class SelfOrganizingMap(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """A rectangular map of nodes, trained in batches, whose nodes are grouped into `n_clusters` clusters.

    Each epoch moves every node to the mean of the points, weighted by the neighbourhood kernel between the
    node and the points' best matching units (Kohonen 2013); the start is the plane of the first two
    principal components, so that the map itself has no randomness. The nodes are grouped by k-means on the
    codebook, each node weighted by its hits (Vesanto and Alhoniemi, "Clustering of the self-organizing map",
    IEEE TNN 11 (2000) 586-600; the weights make it the k-means of the quantised points). Nodes may coincide, above
    all under a bubble; the points then lie on the lowest of them.

    Args:
        rows: of the grid, ≥ 1.
        columns: of the grid, ≥ 1.
        n_clusters: from 1 to rows·columns; fewer are found, with a `ConvergenceWarning`, where fewer nodes are hit.
        epochs: passes over the points, ≥ 1.
        sigma_start: width of the neighbourhood in the first epoch, in grid steps, > 0; it falls geometrically to
            `sigma_end`.
        sigma_end: width in the last epoch, > 0.
        neighbourhood: `gaussian` or `bubble`.
        random_state: of the k-means on the codebook.

    Attributes:
        codebook_: the nodes (rows·columns, n_features), row by row.
        hits_: weight of the points on each node (rows·columns,).
        node_labels_: cluster of each node (rows·columns,).
        labels_: cluster of each point (n_samples,).
        n_features_in_: number of features.
    """

    def __init__(
        self,
        rows: int = 10,
        columns: int = 10,
        *,
        n_clusters: int = 8,
        epochs: int = 10,
        sigma_start: float = 3.0,
        sigma_end: float = 1.0,
        neighbourhood: som_batch.Neighbourhood = "gaussian",
        random_state: int | RandomState | None = None,
    ) -> None:
        self.rows = rows
        self.columns = columns
        self.n_clusters = n_clusters
        self.epochs = epochs
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.neighbourhood = neighbourhood
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains the map and groups its nodes.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a weight of 2 equals the point given twice.

        Raises:
            ValueError: a parameter is out of range, or there are fewer points than clusters.
        """
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS)
        weight = _check_sample_weight(sample_weight, points, dtype=points.dtype, ensure_non_negative=True)
        self._check_parameters(len(points))
        mean = np.average(points, axis=0, weights=weight)
        codebook = som_batch.train(
            torch.from_numpy(points - mean),
            torch.from_numpy(np.array(weight)),
            rows=self.rows,
            columns=self.columns,
            sigmas=np.geomspace(self.sigma_start, self.sigma_end, self.epochs).tolist(),
            neighbourhood=self.neighbourhood,
        )
        self.codebook_ = codebook.numpy() + mean
        nodes = self._nearest_nodes(points)[:, 0]
        self.hits_ = np.bincount(nodes, weights=weight, minlength=len(self.codebook_))
        self.node_labels_ = self._group_nodes()
        self.labels_ = self.node_labels_[nodes]
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Cluster of each point's best matching unit: (n_samples,)."""
        nodes = self._nearest_nodes(self._checked(X))[:, 0]
        return np.asarray(self.node_labels_[nodes])

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Row and column of each point's best matching unit: (n_samples, 2), in the type of X."""
        X = self._checked(X)
        return np.column_stack(np.divmod(self._nearest_nodes(X)[:, 0], self.columns)).astype(X.dtype)

    def quantization_error(self, X: ArrayLike) -> float:
        """Mean Euclidean distance between a point and its best matching unit."""
        return float(self.losses(X).mean())

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Euclidean distance between each point and its best matching unit: (n_samples,)."""
        X = self._checked(X)
        return np.asarray(np.linalg.norm(X - self.codebook_[self._nearest_nodes(X)[:, 0]], axis=1), dtype=np.float64)

    def topographic_error(self, X: ArrayLike) -> float:
        """Share of points whose two best matching units are no neighbours, diagonal ones included.

        Source: Kiviluoto, "Topology preservation in self-organizing maps", ICNN 1996.

        Raises:
            ValueError: the map has one node only.
        """
        if self.rows * self.columns < 2:
            raise ValueError("the topographic error needs a map of at least 2 nodes")
        rows, columns = np.divmod(self._nearest_nodes(self._checked(X), count=2), self.columns)
        steps = np.maximum(abs(rows[:, 0] - rows[:, 1]), abs(columns[:, 0] - columns[:, 1]))
        return float((steps > 1).mean())

    @property
    def _n_features_out(self) -> int:
        return 2

    def _check_parameters(self, n_samples: int) -> None:
        for name in ("rows", "columns", "n_clusters", "epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be ≥ 1")
        for name in ("sigma_start", "sigma_end"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")
        if self.neighbourhood not in som_batch.NEIGHBOURHOODS:
            raise ValueError(f"neighbourhood={self.neighbourhood}: allowed: {', '.join(som_batch.NEIGHBOURHOODS)}")
        if self.n_clusters > self.rows * self.columns:
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ {self.rows * self.columns} (rows × columns)")
        if self.n_clusters > n_samples:
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={n_samples}")

    def _checked(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=FLOATS, reset=False))

    def _nearest_nodes(self, X: NDArray[Any], count: int = 1) -> NDArray[np.int64]:
        centre = self.codebook_.mean(axis=0)
        codebook = torch.from_numpy((self.codebook_ - centre).astype(X.dtype, copy=False))
        points = torch.from_numpy((X - centre).astype(X.dtype, copy=False))
        return som_batch.best_matching_units(points, codebook, count).numpy()

    def _group_nodes(self) -> NDArray[Any]:
        """K-means on the nodes that points lie on; the others join the nearest centre."""
        hit = self.hits_ > 0
        n_clusters = min(self.n_clusters, int(hit.sum()))
        if n_clusters < self.n_clusters:
            warnings.warn(
                f"n_clusters={self.n_clusters}: only {n_clusters} nodes are hit", ConvergenceWarning, stacklevel=3
            )
        codebook = self.codebook_.astype(np.float64)  # k-means does not centre what it predicts
        kmeans = KMeans(n_clusters, n_init=KMEANS_STARTS, random_state=self.random_state)
        kmeans.fit(codebook[hit], sample_weight=self.hits_[hit])
        return np.asarray(kmeans.predict(codebook))
