"""The latent of an autoencoder or VAE as a representation."""

from __future__ import annotations

from typing import Any, Protocol, Self

from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset


class Encoder(Protocol):
    """The part of a generator that a representation needs."""

    def fit(self, dataset: Dataset, *, seed: int) -> object:
        """Learns from `dataset.x`."""
        ...

    def encode(self, x: Tensor) -> Tensor:
        """(N, *shape) → latents (N, latent_dim)."""
        ...


class LatentRepresentation:
    """Encodes the points by a generator.

    Args:
        generator: has `fit` and `encode`. `fit` trains it; one that is trained already can `transform` at once.
    """

    def __init__(self, generator: Encoder) -> None:
        self.generator = generator

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Trains the generator on `dataset.x`."""
        self.generator.fit(dataset, seed=seed)
        return self

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Latents, (N, *shape) → (N, latent_dim) float32."""
        return self.generator.encode(x).flatten(1).numpy()
