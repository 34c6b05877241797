"""Schemas of scikit-learn's k-means and of its minibatch form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Count, NonNegative
from synthmix.tasks.clustering.config import KClustersSchema


@dataclass(kw_only=True)
class KMeansSchema(KClustersSchema):
    """Keys of `sklearn.cluster.KMeans`."""

    _target_: Literal["sklearn.cluster.KMeans"]
    init: Literal["k-means++", "random"]
    n_init: Count
    max_iter: Count
    tol: NonNegative
    algorithm: Literal["lloyd", "elkan"]


@dataclass(kw_only=True)
class MiniBatchKMeansSchema(KClustersSchema):
    """Keys of `sklearn.cluster.MiniBatchKMeans`."""

    _target_: Literal["sklearn.cluster.MiniBatchKMeans"]
    init: Literal["k-means++", "random"]
    n_init: Count
    max_iter: Count
    batch_size: Count
    tol: NonNegative
    max_no_improvement: Count | None
    reassignment_ratio: NonNegative
