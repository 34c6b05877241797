"""Configs of flow matching and of its nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthmix.config.schema import Count, Member, Positive
from synthmix.generators.config import BlocksConfig, TrainedConfig, networks_faults

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class VelocityNetworksConfig(BlocksConfig):
    """A U-Net or a perceptron."""

    _target_: str = "synthmix.generators.flow.velocity.VelocityNetworks"


@dataclass(kw_only=True, frozen=True)
class FlowMatchingConfig(TrainedConfig):
    """A velocity field and the solver of its flow."""

    _target_: str = "synthmix.generators.flow.model.FlowMatching"
    networks: Member
    solver: Literal["euler", "midpoint", "heun"]
    evaluations: Count
    max_gradient_norm: Positive

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Nets that suit the data, and whole steps of the solver."""
        yield from networks_faults(self.networks, cell, VelocityNetworksConfig)
        if self.solver != "euler" and self.evaluations % 2:
            yield f"model.evaluations={self.evaluations}: must be even for model.solver={self.solver}, two a step"
