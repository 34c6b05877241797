"""Config of the mixture that is fitted to incomplete rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Range
from synthmix.generators.mixture.config import EmConfig, Regularization

MOST_VALUES = 256  # of a point; EM inverts a matrix of this size for each row and component


@dataclass(kw_only=True, frozen=True)
class IncompleteMixtureConfig(EmConfig):
    """Gaussian mixtures with full covariances by EM, fitted to incomplete rows where `data.missing=model` leaves them.

    Attributes:
        covariance_regularization: added to the diagonals, in units of the mean variance.
    """

    incomplete_rows: ClassVar[str] = "fitted"

    _target_: str = "synthmix.generators.mixture.incomplete.IncompleteMixtureGenerator"
    name: str = "gmm_incomplete"
    n_components: list[Count] = field(default_factory=lambda: [1, 2, 3, 5, 8])
    select_by: Literal["aic", "bic", "cv_log_likelihood"] = "bic"
    folds: Annotated[int, Range(low=2)] = 2
    n_init: Count = 1
    covariance_regularization: Regularization = 1e-2

    def faults(self, cell: Cell) -> Iterator[str]:
        """Points of a size that EM can invert a matrix of for each of them."""
        yield from super().faults(cell)
        size = cell.outline.spec.size
        if size > MOST_VALUES:
            given = f"data.name={cell.data.name} has {size} values a point"
            yield f"model.name={self.name}: {given}; must be ≤ {MOST_VALUES}"
