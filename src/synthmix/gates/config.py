"""Schemas of the gates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.config.schema import Fraction, Member, NonNegative, Share
from synthmix.data.config import train_size

SUITED = ("synthmix.generators.gan.model.", "synthmix.generators.controls.")


@dataclass(kw_only=True)
class AcceptAllSchema(Member):
    """No keys of its own."""

    _target_: Literal["synthmix.gates.base.AcceptAll"]


@dataclass(kw_only=True)
class DistanceGateSchema(Member):
    """A gate that compares distances to train."""

    def faults(self, cell: Any) -> Iterator[str]:
        """A point needs another one to have a distance from."""
        n_train, reason = train_size(cell)
        if n_train < 2:
            yield f"gate.name={self.name}: needs at least 2 points of train, there is {n_train} ({reason})"


@dataclass(kw_only=True)
class TypicalitySchema(DistanceGateSchema):
    """Distances within quantiles."""

    _target_: Literal["synthmix.gates.distances.Typicality"]
    lowest: Fraction
    highest: Fraction

    def faults(self, cell: Any) -> Iterator[str]:
        """Two quantiles in their order."""
        yield from super().faults(cell)
        if self.lowest >= self.highest:
            yield f"gate.lowest={self.lowest:g}: must be < gate.highest={self.highest:g}"


@dataclass(kw_only=True)
class AuthenticSchema(DistanceGateSchema):
    """No near-copies."""

    _target_: Literal["synthmix.gates.distances.Authentic"]
    factor: NonNegative


@dataclass(kw_only=True)
class DiscriminatorGateSchema(Member):
    """A gate that asks the generator's discriminator."""

    def faults(self, cell: Any) -> Iterator[str]:
        """A model that is known to have none; with a control the cell is not available, as a sweep may ask for it."""
        target = cell.model._target_
        if target.startswith("synthmix.") and not target.startswith(SUITED):
            fault = f"gate.name={self.name}: model.name={cell.model.name} has no discriminator"
            yield f"{fault}; allowed: adversarial models"


@dataclass(kw_only=True)
class DiscriminatorSchema(DiscriminatorGateSchema):
    """Discriminator rejection sampling."""

    _target_: Literal["synthmix.gates.discriminator.Discriminator"]
    acceptance: Share | None


@dataclass(kw_only=True)
class TopKSchema(DiscriminatorGateSchema):
    """The best by the discriminator."""

    _target_: Literal["synthmix.gates.discriminator.TopK"]
    keep: Share
