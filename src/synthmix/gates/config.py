"""Configs of the gates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmix.config.allowlist import import_target
from synthmix.config.members import GateConfig
from synthmix.config.schema import Fraction, NonNegative, Share
from synthmix.generators.roles import role_of

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class AcceptAllConfig(GateConfig):
    """No keys of its own."""

    _target_: str = "synthmix.gates.base.AcceptAll"


@dataclass(kw_only=True, frozen=True)
class DistanceGateConfig(GateConfig):
    """A gate that compares distances to train."""

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A point needs another one to have a distance from."""
        n_train, reason = cell.train_size
        if n_train < 2:
            yield f"gate.name={self.name}: needs at least 2 points of train, there is {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class TypicalityConfig(DistanceGateConfig):
    """Distances within quantiles."""

    _target_: str = "synthmix.gates.distances.Typicality"
    lowest: Fraction
    highest: Fraction

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Two quantiles in their order."""
        yield from super().faults(cell)
        if self.lowest >= self.highest:
            yield f"gate.lowest={self.lowest:g}: must be < gate.highest={self.highest:g}"


@dataclass(kw_only=True, frozen=True)
class AuthenticConfig(DistanceGateConfig):
    """No near-copies."""

    _target_: str = "synthmix.gates.distances.Authentic"
    factor: NonNegative


@dataclass(kw_only=True, frozen=True)
class DiscriminatorGateConfig(GateConfig):
    """A gate that asks the generator's discriminator."""

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A model that is known to have none; with a control the cell is not available, as a sweep may ask for it."""
        target = cell.model._target_
        if role_of(target) == "generator" and not hasattr(import_target(target), "discriminate"):
            fault = f"gate.name={self.name}: model.name={cell.model.name} has no discriminator"
            yield f"{fault}; allowed: adversarial models"


@dataclass(kw_only=True, frozen=True)
class DiscriminatorConfig(DiscriminatorGateConfig):
    """Discriminator rejection sampling."""

    _target_: str = "synthmix.gates.discriminator.Discriminator"
    acceptance: Share | None


@dataclass(kw_only=True, frozen=True)
class TopKConfig(DiscriminatorGateConfig):
    """The best by the discriminator."""

    _target_: str = "synthmix.gates.discriminator.TopK"
    keep: Share
