"""Schemas of flow matching and of its nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.config.schema import Count, Member, Positive
from synthmix.generators.config import BlocksSchema, TrainedSchema, networks_faults


@dataclass(kw_only=True)
class VelocityNetworksSchema(BlocksSchema):
    """A U-Net or a perceptron."""

    _target_: Literal["synthmix.generators.flow.velocity.VelocityNetworks"]


@dataclass(kw_only=True)
class FlowMatchingSchema(TrainedSchema):
    """A velocity field and the solver of its flow."""

    _target_: Literal["synthmix.generators.flow.model.FlowMatching"]
    networks: Member
    solver: Literal["euler", "midpoint", "heun"]
    evaluations: Count
    max_gradient_norm: Positive

    def faults(self, cell: Any) -> Iterator[str]:
        """Nets that suit the data, and whole steps of the solver."""
        yield from networks_faults(self.networks, cell, VelocityNetworksSchema)
        if self.solver != "euler" and self.evaluations % 2:
            yield f"model.evaluations={self.evaluations}: must be even for model.solver={self.solver}, two a step"
