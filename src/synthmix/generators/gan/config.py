"""Configs of the adversarial generators and of their nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthmix.config.schema import Count, Decay, Member, NonNegative, Positive
from synthmix.generators.config import BlocksConfig, TrainedConfig, needs_images, networks_faults

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class MlpNetworksConfig(Member):
    """Perceptrons."""

    _target_: str = "synthmix.generators.networks.MlpNetworks"
    hidden: list[Count]
    spectral_norm: bool


@dataclass(kw_only=True, frozen=True)
class ConvNetworksConfig(Member):
    """Convolutional nets."""

    _target_: str = "synthmix.generators.networks.ConvNetworks"
    width: Count
    dropout: Decay
    spectral_norm: bool

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Square images of four sizes only, and more than one of them for batch norm."""
        yield from needs_images(cell.model.name, cell)
        if isinstance(cell.model, TrainedConfig) and cell.model.batch_size < 2:
            yield f"model.batch_size={cell.model.batch_size}: must be ≥ 2 for the batch norm of {cell.model.name}"


@dataclass(kw_only=True, frozen=True)
class ResidualNetworksConfig(BlocksConfig):
    """Residual nets."""

    _target_: str = "synthmix.generators.networks.ResidualNetworks"


@dataclass(kw_only=True, frozen=True)
class GanConfig(TrainedConfig):
    """A generator against a discriminator."""

    _target_: str = "synthmix.generators.gan.model.Gan"
    networks: Member
    loss: Literal["non_saturating", "least_squares", "hinge", "wasserstein", "relativistic"]
    penalty: Literal["none", "gradient", "r1_r2"]
    penalty_weight: Positive
    discriminator_steps: Count
    augment: list[Literal["translation", "cutout"]]
    latent_dim: Count
    output: Literal["auto", "none", "tanh", "sigmoid"]
    learning_rate_end: NonNegative | None
    beta1: Decay
    beta2: Decay
    beta2_end: Decay | None

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Nets that suit the data, and an activation that reaches all of its range."""
        yield from networks_faults(self.networks, cell, ConvNetworksConfig, MlpNetworksConfig, ResidualNetworksConfig)
        if self.output in ("tanh", "sigmoid") and cell.outline.spec.value_range is None:
            yield f"model.output={self.output}: data.name={cell.data.name} has no bounds; allowed: auto, none"
        if self.augment and cell.outline.spec.kind != "image":
            yield f"model.augment=[{', '.join(self.augment)}]: data.name={cell.data.name} has no images; allowed: []"
