"""How far clusterings of bootstrap draws agree: the stability of a clustering, which needs no labels."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from synthmix.tasks.clustering.outputs import NOISE


def bootstrap_ari(assignments: NDArray[Any]) -> float:
    r"""The mean adjusted Rand index over all pairs of clusterings of the same points.

    .. math:: \frac{2}{B (B - 1)} \sum_{a < b} \mathrm{ARI}(c_a, c_b)

    with c_b the clusters to which a learner that was fitted on the b-th bootstrap draw assigns the points (Dolnicar and
    Leisch, "Evaluation of structure and reproducibility of cluster solutions using the bootstrap", Marketing Letters
    2010; the index is that of Hubert and Arabie 1985). Noise counts as one cluster. A pair of clusterings neither of
    which tells points apart is worth 0, as in the prediction strength: they agree whatever the data, and have found
    no groups.

    Args:
        assignments: clusters of N points by B learners, integers, (N, B), B at least 2, -1 for noise.

    Returns:
        At most 1; 0 is what clusterings have that have nothing to do with each other.
    """
    return float(np.mean([_agreement(one, other) for one, other in combinations(assignments.T, 2)]))


def _agreement(one: NDArray[Any], other: NDArray[Any]) -> float:
    if not (_tells_apart(one) or _tells_apart(other)):
        return 0.0
    return float(adjusted_rand_score(one, other))


def _tells_apart(assignments: NDArray[Any]) -> bool:
    return len(set(np.unique(assignments)) - {NOISE}) > 1
