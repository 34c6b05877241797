"""Config of `gmm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.config.schema import Count, NonNegative
from synthmix.tasks.clustering.config import KClustersConfig


@dataclass(kw_only=True, frozen=True)
class GmmConfig(KClustersConfig):
    """A Gaussian mixture."""

    takes_weights: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.gmm.GaussianMixtureClusterer"
    covariance_type: Literal["full", "tied", "diag", "spherical"]
    n_init: Count
    max_iter: Count
    tol: NonNegative
    reg_covar: NonNegative
