"""Config of `gmm`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from synthmix.config.schema import Count, NonNegative
from synthmix.tasks.clustering.config import RuledConfig


@dataclass(kw_only=True, frozen=True)
class GmmConfig(RuledConfig):
    """A Gaussian mixture.

    Attributes:
        covariance_type: of the components.
        n_init: starts, of which the likeliest is kept.
        max_iter: rounds of EM.
        tol: gain of the mean log-likelihood below which EM ends.
        reg_covar: added to the diagonals, in squared units of the scaled data; 1e-6 lets components collapse on few
            points.
        search: on scaled data, whose features have variances of about .1 (images) to 1 (tables), a hundredth of a
            squared unit hardly regularises and one merges the components; the kinds have d²/2, d and 1 parameters a
            component. `tied` is left out: likelihood did not choose it on digits, and nine candidates take a second.
    """

    has_bic: ClassVar[bool] = True

    _target_: str = "synthmix.tasks.clustering.learners.gmm.GaussianMixtureClusterer"
    name: str = "gmm"
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "full"
    n_init: Count = 5
    max_iter: Count = 100
    tol: NonNegative = 1e-3
    reg_covar: NonNegative = 1e-3
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {
            "reg_covar": [1e-2, 1e-1, 1.0],
            "covariance_type": ["full", "diag", "spherical"],
        }
    )
