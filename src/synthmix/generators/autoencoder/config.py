"""Configs of the autoencoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthmix.config.schema import Count, Member, NonNegative, Positive, Share
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.config import TrainedConfig, needs_images, networks_faults

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class LatentGeneratorConfig(TrainedConfig):
    """Encoder, decoder and the ex-post mixture on their latent."""

    networks: Member
    latent_dim: Count
    likelihood: Literal["auto", "bernoulli", "gaussian"]
    mixture_components: Count
    mixture_regularization: Positive

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A Bernoulli likelihood needs values in a bounded range; a mixture needs points."""
        yield from networks_faults(self.networks, cell, ConvCodersConfig, MlpCodersConfig)
        if isinstance(self.networks, ConvCodersConfig):
            yield from needs_images(self.name, cell)
        if self.likelihood == "bernoulli" and cell.outline.spec.value_range is None:
            yield f"model.likelihood=bernoulli: data.name={cell.data.name} has no bounds; allowed: auto, gaussian"
        n_train, reason = cell.train_size
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the ex-post mixture of model.name={self.name}"


@dataclass(kw_only=True, frozen=True)
class AutoencoderConfig(LatentGeneratorConfig):
    """A plain, denoising or sparse one."""

    _target_: str = "synthmix.generators.autoencoder.model.Autoencoder"
    corruption: Literal["none", "masking", "gaussian"]
    corruption_level: Positive
    sparsity: Literal["none", "kl", "l1"]
    sparsity_weight: Positive
    sparsity_target: Share

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Not all values can be masked."""
        yield from super().faults(cell)
        if self.corruption == "masking" and self.corruption_level >= 1:
            yield f"model.corruption_level={self.corruption_level}: must be < 1 (model.corruption=masking)"


@dataclass(kw_only=True, frozen=True)
class VaeConfig(LatentGeneratorConfig):
    """A variational one."""

    _target_: str = "synthmix.generators.autoencoder.model.Vae"
    beta: NonNegative
    latent_density: Literal["prior", "mixture"]
