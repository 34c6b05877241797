"""Configs of the controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, Positive


@dataclass(kw_only=True, frozen=True)
class ControlConfig(ModelConfig):
    """No model."""

    incomplete_rows: ClassVar[str] = "filled"


@dataclass(kw_only=True, frozen=True)
class DuplicateConfig(ControlConfig):
    """The placebo."""

    _target_: str = "synthmix.generators.controls.Duplicate"
    name: str = "duplicate"


@dataclass(kw_only=True, frozen=True)
class BootstrapConfig(ControlConfig):
    """Drawing with replacement."""

    _target_: str = "synthmix.generators.controls.Bootstrap"
    name: str = "bootstrap"


@dataclass(kw_only=True, frozen=True)
class JitterConfig(ControlConfig):
    """Copies plus noise.

    Attributes:
        noise: standard deviation of the noise, in units of the root mean square of the columns' standard deviations.
    """

    _target_: str = "synthmix.generators.controls.Jitter"
    name: str = "jitter"
    noise: Positive = 0.3


@dataclass(kw_only=True, frozen=True)
class SmoteConfig(ControlConfig):
    """Interpolation between neighbours.

    Attributes:
        n_neighbors: of a point, to one of which it is joined.
    """

    _target_: str = "synthmix.generators.controls.Smote"
    name: str = "smote"
    n_neighbors: Count = 5

    def faults(self, cell: Cell) -> Iterator[str]:
        """A point needs a neighbour other than itself."""
        n_train, reason = cell.train_size
        if self.n_neighbors >= n_train:
            yield f"model.n_neighbors={self.n_neighbors}: must be < {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class RealConfig(ControlConfig):
    """The oracle."""

    _target_: str = "synthmix.generators.controls.Real"
    name: str = "real"


@dataclass(kw_only=True, frozen=True)
class TruthConfig(ControlConfig):
    """The known distribution of a toy data set."""

    _target_: str = "synthmix.generators.controls.Truth"
    name: str = "truth"

    def faults(self, cell: Cell) -> Iterator[str]:
        """Only toy data has a known distribution."""
        if cell.data.name != "toy":
            yield f"model.name=truth: data.name={cell.data.name} has no known distribution; allowed: data=toy"
