"""Configs of the autoencoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Member, NonNegative, Positive, Share
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.config import TrainedConfig, needs_images, networks_faults


@dataclass(kw_only=True, frozen=True)
class LatentGeneratorConfig(TrainedConfig):
    """Encoder, decoder and the ex-post mixture on their latent.

    Attributes:
        networks: which encoder and decoder.
        latent_dim: size of the latent.
        likelihood: bernoulli, or gaussian (squared error); auto is bernoulli for data in a bounded range.
        mixture_components: the most components that the ex-post mixture may have; BIC chooses.
        mixture_regularization: added to the diagonal of its covariances, in units of the latents' mean variance.
    """

    networks: Member = field(default_factory=MlpCodersConfig)
    latent_dim: Count = 32
    likelihood: Literal["auto", "bernoulli", "gaussian"] = "auto"
    mixture_components: Count = 20
    mixture_regularization: Positive = 1e-3

    def faults(self, cell: Cell) -> Iterator[str]:
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
    """A plain, denoising or sparse one.

    Attributes:
        corruption: what is done to its input.
        corruption_level: probability of masking a value, or standard deviation of the noise in units of [0, 1]
            (images) or of a column's standard deviation (tables).
        sparsity: penalty on the code.
        sparsity_weight: λ.
        sparsity_target: mean activation of a unit, of kl.
    """

    _target_: str = "synthmix.generators.autoencoder.model.Autoencoder"
    name: str = "autoencoder"
    corruption: Literal["none", "masking", "gaussian"] = "none"
    corruption_level: Positive = 0.3
    sparsity: Literal["none", "kl", "l1"] = "none"
    sparsity_weight: Positive = 1.0
    sparsity_target: Share = 0.05
    batch_size: Count = 256

    def faults(self, cell: Cell) -> Iterator[str]:
        """Not all values can be masked."""
        yield from super().faults(cell)
        if self.corruption == "masking" and self.corruption_level >= 1:
            yield f"model.corruption_level={self.corruption_level}: must be < 1 (model.corruption=masking)"


@dataclass(kw_only=True, frozen=True)
class VaeConfig(LatentGeneratorConfig):
    """A variational one.

    Attributes:
        beta: weight of the KL term.
        latent_density: prior samples z ~ N(0, I); mixture the ex-post mixture on the posterior means.
    """

    _target_: str = "synthmix.generators.autoencoder.model.Vae"
    name: str = "vae"
    latent_dim: Count = 16
    beta: NonNegative = 1.0
    latent_density: Literal["prior", "mixture"] = "mixture"
    steps: Count = 3000
