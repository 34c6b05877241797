"""`gower_kmedoids`: k-medoids by Gower's distance between rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import RandomState

from synthmix.spec import Column
from synthmix.tasks.clustering.learners.mixed.rows import Array, MixedRows
from synthmix.tasks.clustering.learners.prototypes.kmedoids import KMedoids


class GowerKMedoids(KMedoids):
    """The k rows that have the least sum of Gower's distances of all rows to the nearest of them.

    Gower's distance (Biometrics 27, 1971) is the mean over columns of |a − b| / range for numbers, dates and ordered
    levels, and of 0 or 1 for levels that are equal or differ. The range is that of the rows that it is fitted on; a
    column of one value counts 0, and a new row beyond the range can be more than 1 away. Medoids are found as those of
    `KMedoids` are.

    Args:
        n_clusters: from 1 to the number of rows.
        sample_size, n_init, max_iter, random_state: as those of `KMedoids`.
        table_columns: the columns that the rows encode; None takes all values for numbers.

    Attributes:
        ranges_: of the numbers (n_numbers,).
    """

    metric = "manhattan"

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        sample_size: int | None = None,
        n_init: int = 5,
        max_iter: int = 100,
        table_columns: Sequence[Column] | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        super().__init__(
            n_clusters, sample_size=sample_size, n_init=n_init, max_iter=max_iter, random_state=random_state
        )
        self.table_columns = table_columns

    def _learn_space(self, points: Array) -> None:
        numbers = MixedRows.of(points, self.table_columns).numbers
        self.ranges_ = np.ptp(numbers, axis=0)

    def _measured(self, points: Array) -> Array:
        """Rows between which Manhattan's distance is Gower's."""
        rows = MixedRows.of(points, self.table_columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.where(self.ranges_ > 0, rows.numbers / self.ranges_, 0.0)
        return np.concatenate([scaled, rows.levels / 2], axis=1) / rows.n_columns
