"""How well a clustering of some points foretells that of others, which judges a clusterer that has no loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.tasks.clustering.outputs import NOISE


def prediction_strength(predicted: NDArray[Any], own: NDArray[Any]) -> float:
    r"""The least share of pairs, over the clusters of held-out points, that a learner fitted elsewhere keeps together.

    .. math:: \min_k \frac{1}{n_k (n_k - 1)} \sum_{i \neq j \in A_k} 1\{c_i = c_j\}

    with A the clusters that the held-out points form by themselves and c the clusters to which a learner that was
    fitted on other points assigns them (Tibshirani and Walther, "Cluster validation by prediction strength", JCGS
    2005). A cluster of one point has no pairs and is left out. Noise is in no cluster: it forms none of A, and keeps
    nothing together in c. Where the points form fewer than two clusters, or the other learner puts all that it
    assigns in one, the result is 0: one cluster foretells itself whatever the data, and has found no groups.

    Args:
        predicted: c, integers, (N,), -1 for noise.
        own: A, likewise.

    Returns:
        From 0 to 1.
    """
    clusters = [cluster for cluster in np.unique(own) if cluster != NOISE]
    if len(clusters) < 2 or len(set(np.unique(predicted)) - {NOISE}) < 2:
        return 0.0
    shares = [_together(predicted[own == cluster]) for cluster in clusters if (own == cluster).sum() > 1]
    return min(shares, default=0.0)


def _together(predicted: NDArray[Any]) -> float:
    """The share of the pairs of these points that are in one cluster."""
    counts = np.unique(predicted[predicted != NOISE], return_counts=True)[1].astype(np.float64)
    n = len(predicted)
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))
