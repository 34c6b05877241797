"""Config of the Gaussian copula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ModelConfig
from synthmix.config.schema import Fraction


@dataclass(kw_only=True, frozen=True)
class GaussianCopulaConfig(ModelConfig):
    """A Gaussian copula.

    Attributes:
        shrinkage: share by which the correlations go to 0; auto takes the one of least expected error.
    """

    _target_: str = "synthmix.generators.copula.model.GaussianCopula"
    name: str = "gaussian_copula"
    shrinkage: Literal["auto"] | Fraction = "auto"

    def faults(self, cell: Cell) -> Iterator[str]:
        """Two points at least, and no training by gradient to continue."""
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the correlations of model.name={self.name}"
        if cell.trainer.resume_from is not None:
            path = cell.trainer.resume_from
            yield f"trainer.resume_from={path}: model.name={self.name} is fitted at once; must be null"
