"""The latent of an autoencoder or VAE as a representation, and what all have that train a generator for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.representations.latent_config import LatentConfig


class Trainable(Protocol):
    """The part of a generator that every one of these needs."""

    def fit(self, dataset: Dataset, *, seed: int, options: TrainerOptions, for_sampling: bool) -> object:
        """Fits `dataset.x`; steps that only sampling needs may be skipped."""
        ...


class Encoder(Trainable, Protocol):
    """The part of a generator that leads to its latent."""

    def encode(self, x: Tensor) -> Tensor:
        """(N, *shape) → latents (N, latent_dim)."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """The part of a generator that leads back."""

    def decode(self, code: Tensor) -> Tensor:
        """Latents (N, latent_dim) → (N, *shape)."""
        ...


class GeneratorRepresentation(ABC):
    """Trains a generator, for what it has learnt and not for its samples.

    Args:
        config: where and for how long the generator is trained.
        generator: `fit` trains it; one that is trained already can `transform` at once.
    """

    def __init__(self, config: LatentConfig, generator: Trainable) -> None:
        self.generator = generator
        self.options = TrainerOptions(
            accelerator=config.accelerator, precision=config.precision, limit_steps=config.limit_steps
        )

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Trains the generator on `dataset.x`."""
        self.generator.fit(dataset, seed=seed, options=self.options, for_sampling=False)
        return self

    @abstractmethod
    def transform(self, x: Tensor) -> NDArray[Any]:
        """Points (N, *shape) as rows (N, d)."""

    def state(self) -> dict[str, Any] | None:
        """What the generator's checkpoint holds; None for one that is no `TrainedGenerator`."""
        return self.generator.state() if isinstance(self.generator, TrainedGenerator) else None

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Restores the weights of a finished training."""
        assert isinstance(self.generator, TrainedGenerator)  # no other one has given a state
        self.generator.load_state(state)
        return self


class LatentRepresentation(GeneratorRepresentation):
    """Encodes the points by a generator.

    Args:
        config: where and for how long the generator is trained.
        generator: has `fit` and `encode`, and `decode` where it leads back.
    """

    generator: Encoder

    def __init__(self, config: LatentConfig, generator: Encoder) -> None:
        super().__init__(config, generator)

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Latents, (N, *shape) → (N, latent_dim) float32."""
        return self.generator.encode(x).flatten(1).numpy()

    def inverse(self, z: NDArray[Any]) -> NDArray[Any] | None:
        """Decoded latents, (N, latent_dim) → (N, D) float32; None where the generator has no `decode`."""
        if not isinstance(self.generator, Decoder):
            return None
        return self.generator.decode(torch.from_numpy(z)).flatten(1).numpy()
