"""`n2d`: a mixture on the UMAP of an autoencoder's code."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.deep.autoencoder import check_positive, coded
from synthmix.tasks.clustering.deep.base import DeepClusterer

REG_COVAR = 1e-3  # in squared units of the embedding
MIXTURE_STARTS = 5


class N2D(DeepClusterer):
    """Not too deep: an autoencoder, UMAP of its code in as many dimensions as there are clusters, a Gaussian mixture.

    Source: McConville, Santos-Rodríguez, Piechocki and Craddock, "N2D: (not too) deep clustering via clustering the
    local manifold of an autoencoded embedding", ICPR 2020. Each training makes an embedding of its own, so that the
    likelihood of its mixture cannot be compared between trainings: it has no held-out loss. It needs umap-learn.

    Args:
        n_clusters: components, from 1 to the number of points.
        pretraining: the autoencoder; one in a `FrozenEstimator` is taken as it was fitted, None is `Autoencoder()`.
        n_neighbors: of UMAP, ≥ 2; fewer where there are fewer points.
        min_dist: of UMAP, ≥ 0.
        n_components: dimensions of the embedding; None for `n_clusters`, 2 at least.
        random_state: of everything random.

    Attributes:
        umap_: the fitted UMAP.
        mixture_: the fitted GaussianMixture.
        autoencoder_, labels_, n_features_in_: as of every deep clusterer.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        pretraining: Any = None,
        n_neighbors: int = 20,
        min_dist: float = 0.0,
        n_components: int | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.pretraining = pretraining
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Trains the autoencoder, unless it comes fitted, then UMAP and the mixture.

        Args:
            X: points (n_samples, n_features).
            y: ignored.

        Raises:
            ValueError: a parameter is out of range, or there are fewer points than clusters, or too few for UMAP.
            TrainingDiverged: the loss is not finite.
        """
        import umap  # not at the top: it is an extra, and takes seconds

        check_positive(self, "n_components")
        points, _, seed = self._begin(X, None)
        codes = coded(self._encoder, self.autoencoder_.scaled(points)).astype(np.float64)
        dims = self.n_components or max(2, self.n_clusters)
        if len(codes) < dims + 2:  # of its spectral start
            raise ValueError(f"n_samples={len(codes)}: must be ≥ {dims + 2}, the dimensions of the embedding and 2")
        self.umap_ = umap.UMAP(
            n_neighbors=min(self.n_neighbors, len(codes) - 1),
            min_dist=self.min_dist,
            n_components=dims,
            random_state=derive_seed(seed, "umap") % 2**32,
            n_jobs=1,
        )
        self.mixture_ = GaussianMixture(
            self.n_clusters,
            n_init=MIXTURE_STARTS,
            reg_covar=REG_COVAR,
            random_state=derive_seed(seed, "mixture") % 2**32,
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*n_jobs value.*overridden.*")
            embedded = self.umap_.fit_transform(codes)
        self.labels_ = self.mixture_.fit_predict(embedded.astype(np.float64))
        return self

    @property
    def _encoder(self) -> nn.Module:
        return self.autoencoder_.net_.encoder

    def _assigned(self, x: Tensor) -> NDArray[Any]:
        codes = coded(self._encoder, x).astype(np.float64)
        return np.asarray(self.mixture_.predict(self.umap_.transform(codes).astype(np.float64)))
