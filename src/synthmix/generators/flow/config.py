"""Configs of flow matching and of its nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Decay, Member, Positive
from synthmix.generators.config import BlocksConfig, TrainedConfig, networks_faults


@dataclass(kw_only=True, frozen=True)
class VelocityNetworksConfig(BlocksConfig):
    """A U-Net for images, a residual perceptron for tables.

    Attributes:
        width: channels of the U-Net at half the size of an image, twice as many at a quarter; the perceptron has eight
            times as many units.
        blocks: residual blocks at each size of the U-Net on its way down, in the middle and on its way up; the
            perceptron has three times as many.
    """

    _target_: str = "synthmix.generators.flow.velocity.VelocityNetworks"
    name: str = "velocity"
    width: Count = 24


@dataclass(kw_only=True, frozen=True)
class FlowMatchingConfig(TrainedConfig):
    """A velocity field and the solver of its flow.

    Attributes:
        networks: which velocity.
        solver: of the flow.
        evaluations: of the velocity for a sample; even for midpoint and heun.
        max_gradient_norm: a longer gradient is shortened to it.
    """

    _target_: str = "synthmix.generators.flow.model.FlowMatching"
    name: str = "flow_matching"
    networks: Member = field(default_factory=VelocityNetworksConfig)
    solver: Literal["euler", "midpoint", "heun"] = "midpoint"
    evaluations: Count = 16
    max_gradient_norm: Positive = 1.0
    steps: Count = 1500
    batch_size: Count = 64
    learning_rate: Positive = 3e-3
    ema_decay: Decay | None = 0.995

    def faults(self, cell: Cell) -> Iterator[str]:
        """Nets that suit the data, and whole steps of the solver."""
        yield from networks_faults(self.networks, cell, VelocityNetworksConfig)
        if self.solver != "euler" and self.evaluations % 2:
            yield f"model.evaluations={self.evaluations}: must be even for model.solver={self.solver}, two a step"
