"""`gmm`: a Gaussian mixture as a clusterer."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from synthmix.tasks.mixture import GaussianMixture

CovarianceType = Literal["full", "tied", "diag", "spherical"]


class GaussianMixtureClusterer(ClusterMixin, BaseEstimator):
    """scikit-learn's GaussianMixture, fitted in float64, with the verbs of a clusterer and with sample weights.

    In float32, rounding can make a covariance indefinite, and the fit then fails.

    Args:
        n_clusters: components, from 1 to the number of points.
        covariance_type: `full`, `tied`, `diag` or `spherical`.
        n_init: starts, of which the likeliest is kept, ≥ 1.
        max_iter: EM steps of each start, ≥ 1.
        tol: EM ends when the mean log-likelihood rises by less, ≥ 0.
        reg_covar: added to the diagonal of each covariance, ≥ 0, in squared units of the data.
        random_state: of the k-means starts.

    Attributes:
        mixture_: the fitted GaussianMixture.
        labels_: likeliest component of each point (n_samples,).
        n_iter_: EM steps of the best start.
        n_features_in_: number of features.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        covariance_type: CovarianceType = "full",
        n_init: int = 5,
        max_iter: int = 100,
        tol: float = 1e-3,
        reg_covar: float = 1e-3,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance_type = covariance_type
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fits the mixture.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; a weight of 2 equals the point given twice.

        Raises:
            ValueError: a parameter is out of range, or there are fewer points than clusters.
        """
        points: NDArray[np.float64] = validate_data(self, X, dtype=np.float64)
        if self.n_clusters > len(points):
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={len(points)}")
        mixture = GaussianMixture(
            self.n_clusters,
            covariance_type=self.covariance_type,
            n_init=self.n_init,
            max_iter=self.max_iter,
            tol=self.tol,
            reg_covar=self.reg_covar,
            random_state=self.random_state,
        )
        self.labels_ = mixture.fit_predict(points, sample_weight=sample_weight)
        self.mixture_ = mixture
        self.n_iter_ = mixture.n_iter_
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Likeliest component of each point: (n_samples,)."""
        check_is_fitted(self)
        return np.asarray(self.mixture_.predict(validate_data(self, X, dtype=np.float64, reset=False)))

    def losses(self, X: ArrayLike) -> NDArray[np.float64]:
        """Minus the log-density at each point: (n_samples,)."""
        check_is_fitted(self)
        return -np.asarray(self.mixture_.score_samples(validate_data(self, X, dtype=np.float64, reset=False)))

    def bic(self, X: ArrayLike) -> float:
        """Bayesian information criterion on points (n_samples, n_features): the lower, the better (Schwarz 1978)."""
        check_is_fitted(self)
        return float(self.mixture_.bic(validate_data(self, X, dtype=np.float64, reset=False)))
