"""What the deep clusterers have in common: an autoencoder to begin with, a code, and the verbs of scikit-learn."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin, clone
from sklearn.cluster import KMeans
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import Tensor, nn

from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.deep.autoencoder import (
    FLOATS,
    Autoencoder,
    check_positive,
    coded,
    relative_weights,
    seed_of,
)


class DeepClusterer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Base of the deep clusterers; a subclass has the parameters, `_encoder` and `_assigned`.

    Attributes:
        refitted: whether it may be fitted on held-out points too, only to see how far both fits agree. That would
            train it twice more for each cell.
        autoencoder_: the fitted autoencoder that it began with.
        labels_: cluster of each point (n_samples,).
        n_features_in_: number of features.
    """

    refitted: ClassVar[bool] = False

    n_clusters: int
    pretraining: Any
    random_state: int | RandomState | None

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Cluster of each point: (n_samples,)."""
        return self._assigned(self._scaled(X))

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Codes of the points (n_samples, latent_dim), in the type of X."""
        scaled = self._scaled(X)
        return coded(self._encoder, scaled)

    @property
    @abstractmethod
    def _encoder(self) -> nn.Module:
        """Scaled points → codes."""

    @abstractmethod
    def _assigned(self, x: Tensor) -> NDArray[Any]:
        """Clusters of scaled points."""

    def _begin(self, X: ArrayLike, sample_weight: ArrayLike | None) -> tuple[NDArray[Any], NDArray[np.float64], int]:
        """Fits the autoencoder where it comes unfitted; returns points, weights of mean 1, and a seed."""
        points: NDArray[Any] = validate_data(self, X, dtype=FLOATS)
        weight = relative_weights(_check_sample_weight(sample_weight, points, ensure_non_negative=True))
        check_positive(self, "n_clusters")
        if self.n_clusters > (present := np.count_nonzero(weight)):
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={present} of a weight above 0")
        seed = seed_of(self.random_state)
        self.autoencoder_ = self._autoencoder(points, weight, seed)
        return points, weight, seed

    def _autoencoder(self, points: NDArray[Any], weight: NDArray[np.float64], seed: int) -> Autoencoder:
        if isinstance(self.pretraining, FrozenEstimator):
            fitted: Autoencoder = self.pretraining.estimator
            if fitted.n_features_in_ != points.shape[1]:
                raise ValueError(f"pretraining: of {fitted.n_features_in_} features; must be {points.shape[1]}")
            return fitted
        unfitted: Autoencoder = Autoencoder() if self.pretraining is None else clone(self.pretraining)
        unfitted.set_params(random_state=derive_seed(seed, "pretraining") % 2**32)
        return unfitted.fit(points, sample_weight=weight)

    def _kmeans(self, codes: NDArray[Any], weight: NDArray[np.float64], n_init: int, seed: int) -> KMeans:
        kmeans = KMeans(self.n_clusters, n_init=n_init, random_state=derive_seed(seed, "kmeans") % 2**32)
        return kmeans.fit(codes.astype(np.float64), sample_weight=weight)

    def _points(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=FLOATS, reset=False))

    def _scaled(self, X: ArrayLike) -> Tensor:
        points = self._points(X)  # which tells of a clusterer that is not fitted
        return self.autoencoder_.scaled(points)

    @property
    def _n_features_out(self) -> int:
        return int(self.autoencoder_.latent_dim)
