"""Config of `gmm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.config.schema import Count, NonNegative
from synthmix.tasks.clustering.config import KClustersConfig


@dataclass(kw_only=True, frozen=True)
class GmmConfig(KClustersConfig):
    """A Gaussian mixture.

    Attributes:
        covariance_type: of the components.
        n_init: starts, of which the likeliest is kept.
        max_iter: rounds of EM.
        tol: gain of the mean log-likelihood below which EM ends.
        reg_covar: added to the diagonals, in squared units of the scaled data; 1e-6 lets components collapse on few
            points.
    """

    takes_weights: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.gmm.GaussianMixtureClusterer"
    name: str = "gmm"
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "full"
    n_init: Count = 5
    max_iter: Count = 100
    tol: NonNegative = 1e-3
    reg_covar: NonNegative = 1e-3
