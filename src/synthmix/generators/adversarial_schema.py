"""Schemas of the adversarial generators and of their nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.generators.base_schema import TrainedSchema, needs_images
from synthmix.schema import Count, Decay, Member


@dataclass(kw_only=True)
class MlpNetworksSchema(Member):
    """Perceptrons."""

    _target_: Literal["synthmix.generators.networks.MlpNetworks"]
    hidden: list[Count]


@dataclass(kw_only=True)
class ConvNetworksSchema(Member):
    """Convolutional nets."""

    _target_: Literal["synthmix.generators.networks.ConvNetworks"]
    width: Count

    def faults(self, cell: Any) -> Iterator[str]:
        """Square images of four sizes only, and more than one of them for batch norm."""
        yield from needs_images(cell.model.name, cell, sizes=(8, 16, 28, 32))
        if cell.model.batch_size < 2:
            yield f"model.batch_size={cell.model.batch_size}: must be ≥ 2 for the batch norm of {cell.model.name}"


@dataclass(kw_only=True)
class GanSchema(TrainedSchema):
    """A generator against a discriminator."""

    _target_: Literal["synthmix.generators.adversarial.Gan"]
    networks: Member
    latent_dim: Count
    output: Literal["auto", "none", "tanh", "sigmoid"]
    beta1: Decay
    beta2: Decay

    def faults(self, cell: Any) -> Iterator[str]:
        """Nets that suit the data, and an activation that reaches all of its range."""
        yield from self.networks.faults(cell)
        if self.output in ("tanh", "sigmoid") and cell.outline.spec.value_range is None:
            yield f"model.output={self.output}: data.name={cell.data.name} has no bounds; allowed: auto, none"
