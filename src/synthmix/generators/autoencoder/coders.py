"""Encoders and decoders of the autoencoders."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.networks import mlp
from synthmix.spec import DataSpec


@dataclass(frozen=True)
class MlpCoders:
    """Perceptrons with ReLU: d → hidden → code, and back in reverse.

    The articles' nets are hidden [128]; the clustering papers' one is [500, 500, 2000].
    """

    config: MlpCodersConfig

    def build(self, latent_dim: int, code_size: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """Encoder and decoder over flattened points."""
        encoder = nn.Sequential(nn.Flatten(), *mlp([spec.size, *self.config.hidden, code_size], nn.ReLU))
        decoder = mlp([latent_dim, *reversed(self.config.hidden), spec.size], nn.ReLU)
        return encoder, nn.Sequential(*decoder, nn.Unflatten(1, spec.shape))


@dataclass(frozen=True)
class ConvCoders:
    """Convolutions w and 2w (4×4, stride 2), then dense to the code; back by dense and transposed ones; ReLU.

    For square images of 28 pixels or a multiple of 8 up to 64 with any number of channels.
    """

    config: ConvCodersConfig

    def build(self, latent_dim: int, code_size: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """Encoder and decoder for the size and channels of the images."""
        (channels, size, _), w = spec.shape, self.config.width
        small = (2 * w, size // 4, size // 4)
        encoder = nn.Sequential(
            *(nn.Conv2d(channels, w, 4, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(w, 2 * w, 4, stride=2, padding=1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(math.prod(small), code_size)),
        )
        decoder = nn.Sequential(
            *(nn.Linear(latent_dim, math.prod(small)), nn.ReLU(), nn.Unflatten(1, small)),
            *(nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1), nn.ReLU()),
            nn.ConvTranspose2d(w, channels, 4, stride=2, padding=1),
        )
        return encoder, decoder
