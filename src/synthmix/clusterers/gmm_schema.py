"""Schema of `gmm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.clusterers.base_schema import KClustersSchema
from synthmix.schema import Count, NonNegative


@dataclass(kw_only=True)
class GmmSchema(KClustersSchema):
    """A Gaussian mixture."""

    takes_weights: ClassVar[bool] = False

    _target_: Literal["synthmix.clusterers.gmm.GaussianMixtureClusterer"]
    covariance_type: Literal["full", "tied", "diag", "spherical"]
    n_init: Count
    max_iter: Count
    tol: NonNegative
    reg_covar: NonNegative
