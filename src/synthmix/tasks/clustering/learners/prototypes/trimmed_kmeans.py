"""`trimmed_kmeans`: k-means that leaves out the share of the points that lie farthest from every centre."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

Array = NDArray[np.float64]


class TrimmedKMeans(ClusterMixin, BaseEstimator):
    """Trimmed k-means (Cuesta-Albertos, Gordaliza and Matrán, Annals of Statistics 25, 1997).

    The centres minimise the sum of squared distances of the points that are kept, all but a share `trim` of the weight,
    which is what lies farthest from its nearest centre. Each step assigns points to the nearest centre, keeps the
    nearest of them, and moves each centre to the mean of what is kept of its points (a concentration step, García-
    Escudero and Gordaliza, JASA 94, 1999); none raises the sum. The point on the border is kept in part, so that a
    whole weight equals as many copies. With `trim` 0 it is Lloyd's k-means.

    A start draws its centres by k-means++ that leaves out, at each draw, the share that lies farthest from those drawn
    before: outliers are what k-means++ looks for. New points, outliers too, take the nearest centre.

    Args:
        n_clusters: from 1 to the number of points.
        trim: share of the weight that is left out, from 0 to below 1.
        n_init: starts, of which the best is kept, ≥ 1.
        max_iter: steps of each start, ≥ 1.
        random_state: of the starts.

    Attributes:
        cluster_centers_: (n_clusters, n_features).
        labels_: cluster of each training point, the left out ones too (n_samples,).
        kept_: the share of each training point that is kept, from 0 to 1 (n_samples,).
        inertia_: the weighted sum of squared distances of what is kept.
        n_iter_: steps of the best start.
        n_features_in_: number of features.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        trim: float = 0.1,
        n_init: int = 10,
        max_iter: int = 100,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.trim = trim
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds the centres.

        Args:
            X: points (n_samples, n_features).
            y: ignored.
            sample_weight: of each point (n_samples,), ≥ 0; 2 equals the point given twice, 0 the point left out.

        Raises:
            ValueError: a parameter is out of range, or fewer points have a weight than there are clusters.
        """
        points: Array = validate_data(self, X, dtype=np.float64)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        self._check_parameters(int((weight > 0).sum()))
        present = weight > 0
        mean = np.average(points, axis=0, weights=weight)
        centred = points - mean  # distances keep the digits that an offset would take
        best = min(self._starts(centred[present], weight[present]), key=lambda found: found[0])
        self.inertia_, centres, self.n_iter_ = best
        self.cluster_centers_ = centres + mean
        self.labels_, distance = _nearest(centred, centres)
        self.kept_ = _kept(distance, weight, self.trim)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Number of the nearest centre: (n_samples,)."""
        check_is_fitted(self)
        return _nearest(self._checked(X), self.cluster_centers_)[0]

    def losses(self, X: ArrayLike) -> Array:
        """Distance to the nearest centre: (n_samples,). Not its square, of which few outliers would make the mean."""
        check_is_fitted(self)
        return np.sqrt(_nearest(self._checked(X), self.cluster_centers_)[1])

    def _checked(self, X: ArrayLike) -> Array:
        points: Array = validate_data(self, X, dtype=np.float64, reset=False)
        return points

    def _check_parameters(self, n_present: int) -> None:
        for name in ("n_clusters", "n_init", "max_iter"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be ≥ 1")
        if not 0 <= self.trim < 1:
            raise ValueError(f"trim={self.trim}: must be ≥ 0 and < 1")
        if self.n_clusters > n_present:
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={n_present} of a weight above 0")

    def _starts(self, points: Array, weight: Array) -> Iterator[tuple[float, Array, int]]:
        """What each start ends with: the sum, the centres and the number of steps."""
        random_state = check_random_state(self.random_state)
        order = np.lexsort(points.T)  # so that what is drawn depends on no order of the points
        points, weight = points[order], weight[order]
        for _ in range(self.n_init):
            yield self._climb(points, weight, self._drawn(points, weight, random_state))

    def _drawn(self, points: Array, weight: Array, random_state: RandomState) -> Array:
        """Centres by k-means++ among what would be kept if those drawn before were all: (n_clusters, n_features)."""
        chance, centres = weight, points[:0]
        distance = np.full(len(points), np.inf)
        for _ in range(self.n_clusters):
            reached = np.cumsum(chance if chance.any() else weight)
            place = int(np.searchsorted(reached, random_state.uniform() * reached[-1], side="right"))
            centre = points[min(place, len(points) - 1)]
            centres = np.vstack([centres, centre])
            distance = np.minimum(distance, np.square(points - centre).sum(axis=1))
            chance = _kept(distance, weight, self.trim) * weight * distance
        return centres

    def _climb(self, points: Array, weight: Array, centres: Array) -> tuple[float, Array, int]:
        """Concentration steps until the sum no longer falls."""
        before = np.inf
        for step in range(self.max_iter + 1):
            labels, distance = _nearest(points, centres)
            kept = _kept(distance, weight, self.trim) * weight
            inertia = float(kept @ distance)
            if inertia >= before or step == self.max_iter:
                break
            before, centres = inertia, _means(points, kept, labels, centres)
        return inertia, centres, step


def _nearest(points: Array, centres: Array) -> tuple[NDArray[Any], Array]:
    """Number of each point's nearest centre, and the squared distance to it."""
    labels = pairwise_distances_argmin(points, centres)
    return labels, np.asarray(np.square(points - centres[labels]).sum(axis=1))


def _kept(distance: Array, weight: Array, trim: float) -> Array:
    """The share of each point that is kept, (n_samples,): all but `trim` of the weight, the nearest first."""
    order = np.argsort(distance, kind="stable")
    left = (1 - trim) * weight.sum() - np.concatenate([[0.0], np.cumsum(weight[order])[:-1]])
    kept = np.empty(len(weight))
    with np.errstate(divide="ignore", invalid="ignore"):
        kept[order] = np.clip(np.where(weight[order] > 0, left / weight[order], 0), 0, 1)
    return kept if trim else (weight > 0).astype(np.float64)


def _means(points: Array, kept: Array, labels: NDArray[Any], centres: Array) -> Array:
    """The mean of what is kept of each cluster's points; a centre of nothing stays where it is."""
    mass = np.bincount(labels, kept, minlength=len(centres))
    sums = np.stack([np.bincount(labels, kept * column, minlength=len(centres)) for column in points.T], axis=1)
    return np.where(mass[:, None] > 0, sums / np.maximum(mass, np.finfo(np.float64).tiny)[:, None], centres)
