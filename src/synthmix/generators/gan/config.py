"""Configs of the adversarial generators and of their nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Decay, Member, NonNegative, Positive
from synthmix.generators.config import BlocksConfig, TrainedConfig, needs_images, networks_faults


@dataclass(kw_only=True, frozen=True)
class MlpNetworksConfig(Member):
    """Perceptrons.

    Attributes:
        hidden: units of G's hidden layers; those of D are the same in reverse.
        spectral_norm: whether each weight of D is divided by its largest singular value.
    """

    _target_: str = "synthmix.generators.gan.networks.MlpNetworks"
    name: str = "mlp"
    hidden: list[Count] = field(default_factory=lambda: [128, 256])
    spectral_norm: bool = False


@dataclass(kw_only=True, frozen=True)
class ConvNetworksConfig(Member):
    """Convolutional nets.

    Attributes:
        width: channels at half the size of an image; 64 in the articles.
        dropout: of D.
        spectral_norm: whether each weight of D is divided by its largest singular value.
    """

    _target_: str = "synthmix.generators.gan.networks.ConvNetworks"
    name: str = "conv"
    width: Count = 64
    dropout: Decay = 0.3
    spectral_norm: bool = False

    def faults(self, cell: Cell) -> Iterator[str]:
        """Square images of some sizes only, and more than one of them for batch norm."""
        yield from needs_images(cell.model.name, cell)
        if isinstance(cell.model, TrainedConfig) and cell.model.batch_size < 2:
            yield f"model.batch_size={cell.model.batch_size}: must be ≥ 2 for the batch norm of {cell.model.name}"


@dataclass(kw_only=True, frozen=True)
class ResidualNetworksConfig(BlocksConfig):
    """Residual nets."""

    _target_: str = "synthmix.generators.gan.networks.ResidualNetworks"
    name: str = "residual"


@dataclass(kw_only=True, frozen=True)
class GanConfig(TrainedConfig):
    """A generator G against a discriminator D.

    Attributes:
        networks: which G and D.
        loss: non_saturating (Goodfellow et al. 2014), least_squares, hinge, wasserstein or relativistic.
        penalty: on D's slope: gradient (WGAN-GP), r1_r2 (R3GAN), or none.
        penalty_weight: λ; γ in the R3GAN article.
        discriminator_steps: updates of D for each of G, on real points of their own.
        augment: what D sees of real and fake images (DiffAugment, Zhao et al. 2020); [] for none.
        latent_dim: size of z ~ N(0, I).
        output: activation of G's last layer. Data in a bounded range is mapped to [−1, 1], or to [0, 1] for sigmoid;
            auto is tanh for bounded data and none for tables.
        learning_rate: of both Adams.
        learning_rate_end: what it goes to, in equal parts a step; null keeps it.
        beta1: of both Adams.
        beta2: of both Adams.
        beta2_end: what β2 goes to, in equal parts a step; null keeps it.
        steps: updates of G.
    """

    _target_: str = "synthmix.generators.gan.model.Gan"
    name: str = "gan"
    networks: Member = field(default_factory=MlpNetworksConfig)
    loss: Literal["non_saturating", "least_squares", "hinge", "wasserstein", "relativistic"] = "non_saturating"
    penalty: Literal["none", "gradient", "r1_r2"] = "r1_r2"
    penalty_weight: Positive = 10.0
    discriminator_steps: Count = 1
    augment: list[Literal["translation", "cutout"]] = field(default_factory=list)
    latent_dim: Count = 64
    output: Literal["auto", "none", "tanh", "sigmoid"] = "auto"
    steps: Count = 5000
    batch_size: Count = 64
    learning_rate: Positive = 2e-4
    learning_rate_end: NonNegative | None = None
    beta1: Decay = 0.5
    beta2: Decay = 0.999
    beta2_end: Decay | None = None
    ema_decay: Decay | None = 0.999

    def faults(self, cell: Cell) -> Iterator[str]:
        """Nets that suit the data, and an activation that reaches all of its range."""
        yield from networks_faults(self.networks, cell, ConvNetworksConfig, MlpNetworksConfig, ResidualNetworksConfig)
        if self.output in ("tanh", "sigmoid") and cell.outline.spec.value_range is None:
            yield f"model.output={self.output}: data.name={cell.data.name} has no bounds; allowed: auto, none"
        if self.augment and cell.outline.spec.kind != "image":
            yield f"model.augment=[{', '.join(self.augment)}]: data.name={cell.data.name} has no images; allowed: []"
