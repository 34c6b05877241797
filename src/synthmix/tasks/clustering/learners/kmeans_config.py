"""Configs of scikit-learn's k-means and of its minibatch form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Count, NonNegative
from synthmix.tasks.clustering.config import RuledConfig


@dataclass(kw_only=True, frozen=True)
class KMeansConfig(RuledConfig):
    """Keys of `sklearn.cluster.KMeans`."""

    _target_: str = "sklearn.cluster.KMeans"
    name: str = "kmeans"
    init: Literal["k-means++", "random"] = "k-means++"
    n_init: Count = 10
    max_iter: Count = 300
    tol: NonNegative = 1e-4
    algorithm: Literal["lloyd", "elkan"] = "lloyd"


@dataclass(kw_only=True, frozen=True)
class MiniBatchKMeansConfig(RuledConfig):
    """Keys of `sklearn.cluster.MiniBatchKMeans`."""

    _target_: str = "sklearn.cluster.MiniBatchKMeans"
    name: str = "minibatch_kmeans"
    init: Literal["k-means++", "random"] = "k-means++"
    n_init: Count = 10
    max_iter: Count = 100
    batch_size: Count = 1024
    tol: NonNegative = 0.0
    max_no_improvement: Count | None = 10
    reassignment_ratio: NonNegative = 0.01
