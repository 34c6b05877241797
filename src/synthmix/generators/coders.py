"""Encoders and decoders of the autoencoders."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from synthmix.data.spec import DataSpec
from synthmix.generators.networks import mlp


@dataclass(frozen=True)
class MlpCoders:
    """Perceptrons with ReLU: d → hidden → code, and back in reverse.

    The articles' nets are hidden [128]; the clustering papers' one is [500, 500, 2000].
    """

    hidden: list[int]

    def build(self, latent_dim: int, code_size: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """Encoder and decoder over flattened points."""
        encoder = nn.Sequential(nn.Flatten(), *mlp([spec.size, *self.hidden, code_size], nn.ReLU))
        decoder = mlp([latent_dim, *reversed(self.hidden), spec.size], nn.ReLU)
        return encoder, nn.Sequential(*decoder, nn.Unflatten(1, spec.shape))
