"""Configs of the gates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.members import GateConfig
from synthmix.config.schema import Fraction, NonNegative, Share
from synthmix.generators.roles import role_of


@dataclass(kw_only=True, frozen=True)
class AcceptAllConfig(GateConfig):
    """No keys of its own."""

    _target_: str = "synthmix.gates.base.AcceptAll"
    name: str = "none"


@dataclass(kw_only=True, frozen=True)
class DistanceGateConfig(GateConfig):
    """A gate by distances to train."""

    def faults(self, cell: Cell) -> Iterator[str]:
        """Nearest-neighbour distances need two points of train."""
        n_train, reason = cell.train_size
        if n_train < 2:
            yield f"gate.name={self.name}: needs at least 2 points of train, there is {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class TypicalityConfig(DistanceGateConfig):
    """Distances within quantiles.

    Attributes:
        lowest: quantile of the distances among the points of train.
        highest: likewise.
    """

    _target_: str = "synthmix.gates.distances.Typicality"
    name: str = "typicality"
    lowest: Fraction = 0.0
    highest: Fraction = 0.95

    def faults(self, cell: Cell) -> Iterator[str]:
        """The lower quantile must be below the higher one."""
        yield from super().faults(cell)
        if self.lowest >= self.highest:
            yield f"gate.lowest={self.lowest:g}: must be < gate.highest={self.highest:g}"


@dataclass(kw_only=True, frozen=True)
class AuthenticConfig(DistanceGateConfig):
    """No near-copies.

    Attributes:
        factor: of the distance that the nearest point of train keeps from the others; 1 is AuthPct's.
    """

    _target_: str = "synthmix.gates.distances.Authentic"
    name: str = "authentic"
    factor: NonNegative = 0.5


@dataclass(kw_only=True, frozen=True)
class DiscriminatorGateConfig(GateConfig):
    """A gate by the logits of the generator's discriminator."""

    def faults(self, cell: Cell) -> Iterator[str]:
        """A generator without a discriminator; of a control, which sweeps combine with it, the cell is unavailable."""
        target = cell.model._target_
        if role_of(target) == "generator" and not hasattr(import_target(target), "discriminate"):
            fault = f"gate.name={self.name}: model.name={cell.model.name} has no discriminator"
            yield f"{fault}; allowed: adversarial models"


@dataclass(kw_only=True, frozen=True)
class DiscriminatorConfig(DiscriminatorGateConfig):
    """Discriminator rejection sampling.

    Attributes:
        acceptance: share of points to accept; null for rejection sampling proper.
    """

    _target_: str = "synthmix.gates.discriminator.Discriminator"
    name: str = "discriminator"
    acceptance: Share | None = 0.5


@dataclass(kw_only=True, frozen=True)
class TopKConfig(DiscriminatorGateConfig):
    """The best by the discriminator.

    Attributes:
        keep: share of points to keep.
    """

    _target_: str = "synthmix.gates.discriminator.TopK"
    name: str = "top_k"
    keep: Share = 0.5
