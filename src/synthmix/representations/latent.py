"""The latent of an autoencoder or VAE as a representation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.representations.latent_config import LatentConfig


class Encoder(Protocol):
    """The part of a generator that a representation needs."""

    def fit(self, dataset: Dataset, *, seed: int, options: TrainerOptions, for_sampling: bool) -> object:
        """Fits `dataset.x`; steps that only sampling needs may be skipped."""
        ...

    def encode(self, x: Tensor) -> Tensor:
        """(N, *shape) → latents (N, latent_dim)."""
        ...


class LatentRepresentation:
    """Encodes the points by a generator.

    Args:
        config: where and for how long the generator is trained.
        generator: has `fit` and `encode`. `fit` trains it; one that is trained already can `transform` at once.
    """

    def __init__(self, config: LatentConfig, generator: Encoder) -> None:
        self.generator = generator
        self.options = TrainerOptions(
            accelerator=config.accelerator, precision=config.precision, limit_steps=config.limit_steps
        )

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Trains the generator on `dataset.x`."""
        self.generator.fit(dataset, seed=seed, options=self.options, for_sampling=False)
        return self

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Latents, (N, *shape) → (N, latent_dim) float32."""
        return self.generator.encode(x).flatten(1).numpy()

    def state(self) -> dict[str, Any] | None:
        """What the generator's checkpoint holds; None for one that is no `TrainedGenerator`."""
        return self.generator.state() if isinstance(self.generator, TrainedGenerator) else None

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Restores the weights of a finished training."""
        assert isinstance(self.generator, TrainedGenerator)  # no other one has given a state
        self.generator.load_state(state)
        return self
