"""A Gaussian mixture whose points have weights, for learners of several tasks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import sklearn.mixture
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, validate_data

Array = NDArray[np.float64]
LEAST = 10 * np.finfo(np.float64).eps  # what a component weighs at least, so that an empty one divides by no zero


class GaussianMixture(sklearn.mixture.GaussianMixture):
    """scikit-learn's GaussianMixture, whose `fit` takes sample weights.

    Without weights it is scikit-learn's own fit. With them it maximises the weighted log-likelihood Σ wᵢ log p(xᵢ) by
    EM: a weight multiplies a point's responsibilities, so that a whole number equals as many copies of the point
    (McLachlan and Krishnan, "The EM algorithm and extensions", 2nd ed. 2008, chapter 2). Starts, order of the steps and
    the rule to end are scikit-learn's: each start is a weighted k-means, the likeliest is kept. Other starts
    than those by k-means are refused with weights.
    """

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fits the mixture.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; 2 equals the point given twice, 0 the point left out.

        Raises:
            ValueError: a parameter is out of range, fewer points have a weight than there are components, or a
                covariance cannot be inverted because `reg_covar` is too small.
        """
        if sample_weight is None:
            super().fit(X)
            return self
        self._validate_params()
        points: Array = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        present = weight > 0
        self._fit_weighted(points[present], weight[present])
        return self

    def fit_predict(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> NDArray[Any]:
        """Likeliest component of each point after `fit`: (n_samples,)."""
        if sample_weight is None:
            return np.asarray(super().fit_predict(X))
        return np.asarray(self.fit(X, sample_weight=sample_weight).predict(X))

    def _fit_weighted(self, X: Array, weight: Array) -> None:
        for name, known in _KNOWN_WITH_WEIGHTS.items():
            if getattr(self, name) != known:
                raise ValueError(f"{name}={getattr(self, name)}: must be {known} with sample weights")
        if self.max_iter < 1:
            raise ValueError(f"max_iter={self.max_iter}: must be ≥ 1 with sample weights")
        if len(X) < self.n_components:
            raise ValueError(f"n_components={self.n_components}: must be ≤ n_samples={len(X)} of a weight above 0")
        random_state = check_random_state(self.random_state)
        best: tuple[float, bool, dict[str, Any]] | None = None
        for _ in range(self.n_init):
            start = KMeans(self.n_components, n_init=1, random_state=random_state).fit(X, sample_weight=weight)
            self._maximise(X, np.eye(self.n_components)[start.labels_] * weight[:, None])
            bounds, converged = self._climb(X, weight)
            if best is None or bounds[-1] > best[0]:
                found = {name: getattr(self, name) for name in _PARAMETERS}
                best = bounds[-1], converged, found | {"n_iter_": len(bounds), "lower_bounds_": bounds}
        assert best is not None
        self.lower_bound_, self.converged_, parameters = best
        for name, value in parameters.items():
            setattr(self, name, value)
        if not self.converged_:
            warnings.warn(f"EM did not converge in max_iter={self.max_iter} steps", ConvergenceWarning, stacklevel=3)

    def _climb(self, X: Array, weight: Array) -> tuple[list[float], bool]:
        """EM from where the parameters are: the weighted mean log-likelihood of each step, and whether it settled."""
        bounds: list[float] = []
        for _ in range(self.max_iter):
            log_density, log_responsibility = self._estimate_log_prob_resp(X)
            self._maximise(X, np.exp(log_responsibility) * weight[:, None])
            bounds.append(float(log_density @ weight / weight.sum()))
            if len(bounds) > 1 and abs(bounds[-1] - bounds[-2]) < self.tol:
                return bounds, True
        return bounds, False

    def _maximise(self, X: Array, responsibility: Array) -> None:
        """The parameters that are likeliest, given how much of each point each component has: (n_samples, K)."""
        mass = responsibility.sum(axis=0) + LEAST
        self.weights_ = mass / mass.sum()
        self.means_ = responsibility.T @ X / mass[:, None]
        self.covariances_ = _COVARIANCES[self.covariance_type](X, responsibility, mass, self.means_, self.reg_covar)
        self.precisions_cholesky_ = self._cholesky_of_precisions()
        precise = self.precisions_cholesky_
        whole = self.covariance_type in ("full", "tied")
        self.precisions_ = precise @ np.swapaxes(precise, -1, -2) if whole else precise**2

    def _cholesky_of_precisions(self) -> Array:
        """Upper triangles U with UUᵀ the inverse covariances; of diagonal ones 1/√."""
        covariances = np.asarray(self.covariances_)
        if self.covariance_type in ("diag", "spherical"):
            if (covariances <= 0).any():
                raise ValueError(f"reg_covar={self.reg_covar:g}: too small, a component has no variance left")
            return np.asarray(1 / np.sqrt(covariances))
        identity = np.eye(covariances.shape[-1])
        try:
            lower = np.linalg.cholesky(covariances)
        except np.linalg.LinAlgError as error:
            raise ValueError(f"reg_covar={self.reg_covar:g}: too small, a covariance cannot be inverted") from error
        if self.covariance_type == "tied":
            return np.asarray(solve_triangular(lower, identity, lower=True).T)
        return np.stack([solve_triangular(one, identity, lower=True).T for one in lower])


_KNOWN_WITH_WEIGHTS = {
    **{"init_params": "kmeans", "warm_start": False},
    **dict.fromkeys(("weights_init", "means_init", "precisions_init")),
}
_PARAMETERS = ("weights_", "means_", "covariances_", "precisions_cholesky_", "precisions_")


def _full(X: Array, responsibility: Array, mass: Array, means: Array, reg_covar: float) -> Array:
    """(K, d, d)."""
    found = np.empty((len(means), X.shape[1], X.shape[1]))
    for k, mean in enumerate(means):
        centred = X - mean
        found[k] = (responsibility[:, k] * centred.T) @ centred / mass[k]
    return found + reg_covar * np.eye(X.shape[1])


def _tied(X: Array, responsibility: Array, mass: Array, means: Array, reg_covar: float) -> Array:
    """(d, d): the mean over components of `_full`, each by its mass."""
    second = (responsibility.sum(axis=1) * X.T) @ X
    return np.asarray((second - (mass * means.T) @ means) / mass.sum() + reg_covar * np.eye(X.shape[1]))


def _diag(X: Array, responsibility: Array, mass: Array, means: Array, reg_covar: float) -> Array:
    """(K, d)."""
    return np.asarray(responsibility.T @ X**2 / mass[:, None] - means**2 + reg_covar)


def _spherical(X: Array, responsibility: Array, mass: Array, means: Array, reg_covar: float) -> Array:
    """(K,)."""
    return np.asarray(_diag(X, responsibility, mass, means, reg_covar).mean(axis=1))


_COVARIANCES: Mapping[str, Callable[[Array, Array, Array, Array, float], Array]] = {
    "full": _full,
    "tied": _tied,
    "diag": _diag,
    "spherical": _spherical,
}
