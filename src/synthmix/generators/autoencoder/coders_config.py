"""Configs of encoders and decoders."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.schema import Count, Member


@dataclass(kw_only=True, frozen=True)
class MlpCodersConfig(Member):
    """Perceptrons."""

    _target_: str = "synthmix.generators.autoencoder.coders.MlpCoders"
    hidden: list[Count]


@dataclass(kw_only=True, frozen=True)
class ConvCodersConfig(Member):
    """Convolutional nets."""

    _target_: str = "synthmix.generators.autoencoder.coders.ConvCoders"
    width: Count
