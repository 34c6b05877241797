"""The gap statistic: by how much clusters are tighter than those of points without any groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def log_dispersion(points: Points, assignments: NDArray[np.int64]) -> float:
    """log W: of the sum of squared distances to the means of the clusters.

    Args:
        points: (n, d).
        assignments: cluster of each, (n,).

    Raises:
        ValueError: all points of each cluster are equal.
    """
    clusters = (points[assignments == cluster] for cluster in np.unique(assignments))
    total = float(sum(np.square(own - own.mean(axis=0)).sum() for own in clusters))
    if total <= 0:
        raise ValueError("the points of each cluster are equal")
    return float(np.log(total))


def reference(points: Points, rng: np.random.Generator) -> Points:
    """As many points, drawn uniformly from the box around the points that is aligned with their principal axes."""
    mean = points.mean(axis=0)
    axes = np.linalg.svd(points - mean, full_matrices=False)[2]
    rotated = (points - mean) @ axes.T
    drawn = rng.uniform(rotated.min(axis=0), rotated.max(axis=0), size=rotated.shape)
    return np.asarray(drawn @ axes + mean)


def gaps(own: Sequence[float], of_references: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""The gap at each k, and its standard error.

    .. math:: Gap(k) = \frac{1}{B} \sum_b \log W^*_{kb} - \log W_k, \qquad s_k = sd_k \sqrt{1 + 1/B}

    Args:
        own: log W of the points at each k, (K,).
        of_references: log W* of each set of reference points, (B, K).
    """
    error = of_references.std(axis=0) * np.sqrt(1 + 1 / len(of_references))
    return of_references.mean(axis=0) - np.asarray(own), error


def first_within_one_error(gap: NDArray[np.float64], error: NDArray[np.float64]) -> int:
    """The place of the first k with Gap(k) ≥ Gap(k + 1) - s(k + 1); the last one where there is none.

    (Tibshirani, Walther and Hastie, "Estimating the number of clusters in a data set via the gap statistic", JRSS B
    2001.)
    """
    within = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
    return int(within[0]) if len(within) else len(gap) - 1
