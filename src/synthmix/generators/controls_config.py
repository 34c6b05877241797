"""Configs of the controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, Positive

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class DuplicateConfig(ModelConfig):
    """The placebo."""

    _target_: str = "synthmix.generators.controls.Duplicate"


@dataclass(kw_only=True, frozen=True)
class BootstrapConfig(ModelConfig):
    """Drawing with replacement."""

    _target_: str = "synthmix.generators.controls.Bootstrap"


@dataclass(kw_only=True, frozen=True)
class JitterConfig(ModelConfig):
    """Copies plus noise."""

    _target_: str = "synthmix.generators.controls.Jitter"
    noise: Positive


@dataclass(kw_only=True, frozen=True)
class SmoteConfig(ModelConfig):
    """Interpolation between neighbours."""

    _target_: str = "synthmix.generators.controls.Smote"
    n_neighbors: Count

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A point needs a neighbour other than itself."""
        n_train, reason = cell.train_size
        if self.n_neighbors >= n_train:
            yield f"model.n_neighbors={self.n_neighbors}: must be < {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class RealConfig(ModelConfig):
    """The oracle."""

    _target_: str = "synthmix.generators.controls.Real"


@dataclass(kw_only=True, frozen=True)
class TruthConfig(ModelConfig):
    """The known distribution of a toy data set."""

    _target_: str = "synthmix.generators.controls.Truth"

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Only toy data has a known distribution."""
        if cell.data.name != "toy":
            yield f"model.name=truth: data.name={cell.data.name} has no known distribution; allowed: data=toy"
