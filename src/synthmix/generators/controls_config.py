"""Schemas of the controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.config.schema import Count, Member, Positive
from synthmix.data.config import train_size


@dataclass(kw_only=True)
class DuplicateSchema(Member):
    """The placebo."""

    _target_: Literal["synthmix.generators.controls.Duplicate"]


@dataclass(kw_only=True)
class BootstrapSchema(Member):
    """Drawing with replacement."""

    _target_: Literal["synthmix.generators.controls.Bootstrap"]


@dataclass(kw_only=True)
class JitterSchema(Member):
    """Copies plus noise."""

    _target_: Literal["synthmix.generators.controls.Jitter"]
    noise: Positive


@dataclass(kw_only=True)
class SmoteSchema(Member):
    """Interpolation between neighbours."""

    _target_: Literal["synthmix.generators.controls.Smote"]
    n_neighbors: Count

    def faults(self, cell: Any) -> Iterator[str]:
        """A point needs a neighbour other than itself."""
        n_train, reason = train_size(cell)
        if self.n_neighbors >= n_train:
            yield f"model.n_neighbors={self.n_neighbors}: must be < {n_train} ({reason})"


@dataclass(kw_only=True)
class RealSchema(Member):
    """The oracle."""

    _target_: Literal["synthmix.generators.controls.Real"]


@dataclass(kw_only=True)
class TruthSchema(Member):
    """The known distribution of a toy data set."""

    _target_: Literal["synthmix.generators.controls.Truth"]

    def faults(self, cell: Any) -> Iterator[str]:
        """Only toy data has a known distribution."""
        if cell.data.name != "toy":
            yield f"model.name=truth: data.name={cell.data.name} has no known distribution; allowed: data=toy"
