"""The held-out loss of a learner: what it minimises itself, so that it can be judged without labels.

Light: scikit-learn is imported when a loss is computed, because a check of a config imports the tasks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def losses_of(estimator: Any, points: NDArray[Any]) -> NDArray[np.float64] | None:
    """The loss of each point under a fitted estimator; None where it has none.

    An estimator's own method `losses` wins. Else the loss is the squared Euclidean distance to the nearest of its
    `cluster_centers_`, or minus the log-density of a mixture of scikit-learn's. The `score_samples` of other estimators
    is a score in units of their own, and no loss.

    Args:
        estimator: fitted.
        points: represented, (N, d).

    Returns:
        float64, (N,), the less, the better.
    """
    from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

    if hasattr(estimator, "losses"):
        return np.asarray(estimator.losses(points), dtype=np.float64)
    if hasattr(estimator, "cluster_centers_"):
        return squared_distances(points, np.asarray(estimator.cluster_centers_))
    if isinstance(estimator, GaussianMixture | BayesianGaussianMixture):
        return -np.asarray(estimator.score_samples(points), dtype=np.float64)
    return None


def squared_distances(points: NDArray[Any], centres: NDArray[Any]) -> NDArray[np.float64]:
    """Squared Euclidean distance of each point, (N, d), to the nearest of the centres, (K, d): float64, (N,)."""
    from sklearn.metrics import pairwise_distances_argmin

    points, centres = points.astype(np.float64), centres.astype(np.float64)
    nearest = pairwise_distances_argmin(points, centres)
    return np.asarray(np.square(points - centres[nearest]).sum(axis=1))
