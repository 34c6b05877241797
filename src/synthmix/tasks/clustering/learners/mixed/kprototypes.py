"""`kprototypes`: k-means whose centres have a mean of each number and the commonest of each column's levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from synthmix.spec import Column
from synthmix.tasks.clustering.learners.mixed.rows import Array, MixedRows
from synthmix.tasks.losses import squared_distances


class KPrototypes(ClusterMixin, BaseEstimator):
    """k-prototypes (Huang, Data Mining and Knowledge Discovery 2, 1998) of the encoded rows of a table.

    It minimises the sum over rows of the squared distance of the numbers plus `gamma` for each column whose level is
    not that of the prototype. Steps are Lloyd's: each row takes the nearest prototype, and each prototype the means and
    the commonest levels of its rows; none raises the sum. A start draws its prototypes among the rows, each with a
    chance in proportion to its distance from those drawn before (as k-means++ does).

    Args:
        n_clusters: from 1 to the number of rows.
        gamma: what a level that differs counts beside a difference of 1 between two numbers, > 0; numbers that are
            standardised differ so by a standard deviation.
        n_init: starts, of which the best is kept, ≥ 1.
        max_iter: steps of each start, ≥ 1.
        table_columns: the columns that the rows encode; None takes all values for numbers.
        random_state: of the starts.

    Attributes:
        prototypes_: the numbers, then 1 in the place of each column's level (n_clusters, n_numbers + n_levels).
        labels_: cluster of each training row (n_samples,).
        inertia_: the weighted sum that is minimised.
        n_iter_: steps of the best start.
        n_features_in_: number of values of a row.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        gamma: float = 1.0,
        n_init: int = 10,
        max_iter: int = 100,
        table_columns: Sequence[Column] | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.gamma = gamma
        self.n_init = n_init
        self.max_iter = max_iter
        self.table_columns = table_columns
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Finds the prototypes.

        Args:
            X: encoded rows (n_samples, n_features).
            y: ignored.
            sample_weight: of each row (n_samples,), ≥ 0; 2 equals the row given twice, 0 the row left out.

        Raises:
            ValueError: a parameter is out of range, or fewer rows have a weight than there are clusters.
        """
        points: Array = validate_data(self, X, dtype=np.float64)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        self._check_parameters(int((weight > 0).sum()))
        rows = MixedRows.of(points, self.table_columns)
        self._step = np.sqrt(self.gamma / 2)  # two levels, each one such step from 0, are √gamma apart
        n_numbers = rows.numbers.shape[1]
        self._blocks = [slice(n_numbers + block.start, n_numbers + block.stop) for block in rows.blocks]
        self.shift_ = np.average(rows.numbers, axis=0, weights=weight)  # distances keep the digits beside an offset
        measured, present = self._measured(points), weight > 0
        best = min(self._starts(measured[present], weight[present]), key=lambda found: found[0])
        self.inertia_, self._centres, self.n_iter_ = best
        self.prototypes_ = np.concatenate(
            [self._centres[:, :n_numbers] + self.shift_, (self._centres[:, n_numbers:] > 0).astype(np.float64)], axis=1
        )
        self.labels_ = pairwise_distances_argmin(measured, self._centres)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Number of the nearest prototype: (n_samples,)."""
        check_is_fitted(self)
        return np.asarray(pairwise_distances_argmin(self._measured(self._checked(X)), self._centres))

    def losses(self, X: ArrayLike) -> Array:
        """What each row adds to the sum that is minimised: (n_samples,)."""
        check_is_fitted(self)
        return squared_distances(self._measured(self._checked(X)), self._centres)

    def _checked(self, X: ArrayLike) -> Array:
        points: Array = validate_data(self, X, dtype=np.float64, reset=False)
        return points

    def _check_parameters(self, n_present: int) -> None:
        for name in ("n_clusters", "n_init", "max_iter"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be ≥ 1")
        if self.gamma <= 0:
            raise ValueError(f"gamma={self.gamma}: must be > 0")
        if self.n_clusters > n_present:
            raise ValueError(f"n_clusters={self.n_clusters}: must be ≤ n_samples={n_present} of a weight above 0")

    def _measured(self, points: Array) -> Array:
        """Rows between which the squared Euclidean distance is what is summed."""
        rows = MixedRows.of(points, self.table_columns)
        return np.concatenate([rows.numbers - self.shift_, self._step * rows.levels], axis=1)

    def _starts(self, rows: Array, weight: Array) -> Iterator[tuple[float, Array, int]]:
        """What each start ends with: the sum, the prototypes and the number of steps."""
        random_state = check_random_state(self.random_state)
        order = np.lexsort(rows.T)  # so that what is drawn depends on no order of the rows
        rows, weight = rows[order], weight[order]
        for _ in range(self.n_init):
            yield self._climb(rows, weight, self._drawn(rows, weight, random_state))

    def _drawn(self, rows: Array, weight: Array, random_state: RandomState) -> Array:
        chance, chosen, distance = weight, list[int](), np.full(len(rows), np.inf)
        for _ in range(self.n_clusters):
            reached = np.cumsum(chance if chance.any() else weight)
            place = int(np.searchsorted(reached, random_state.uniform() * reached[-1], side="right"))
            chosen.append(min(place, len(rows) - 1))
            distance = np.minimum(distance, np.square(rows - rows[chosen[-1]]).sum(axis=1))
            chance = weight * distance
        return rows[chosen]

    def _climb(self, rows: Array, weight: Array, centres: Array) -> tuple[float, Array, int]:
        """Lloyd's steps until the sum no longer falls."""
        before = np.inf
        for step in range(self.max_iter + 1):
            labels = pairwise_distances_argmin(rows, centres)
            inertia = float(weight @ np.square(rows - centres[labels]).sum(axis=1))
            if inertia >= before or step == self.max_iter:
                break
            before, centres = inertia, self._moved(rows, weight, labels, centres)
        return inertia, centres, step

    def _moved(self, rows: Array, weight: Array, labels: NDArray[Any], centres: Array) -> Array:
        """Means and commonest levels of each cluster's rows; a prototype of no row stays where it is."""
        mass = np.bincount(labels, weight, minlength=len(centres))
        sums = np.stack([np.bincount(labels, weight * column, minlength=len(centres)) for column in rows.T], axis=1)
        moved = sums / np.maximum(mass, np.finfo(np.float64).tiny)[:, None]
        for block in self._blocks:
            moved[:, block] = self._step * np.eye(block.stop - block.start)[sums[:, block].argmax(axis=1)]
        return np.where(mass[:, None] > 0, moved, centres)
