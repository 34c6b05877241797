"""Schemas of encoders and decoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Count, Member


@dataclass(kw_only=True)
class MlpCodersSchema(Member):
    """Perceptrons."""

    _target_: Literal["synthmix.generators.autoencoder.coders.MlpCoders"]
    hidden: list[Count]


@dataclass(kw_only=True)
class ConvCodersSchema(Member):
    """Convolutional nets."""

    _target_: Literal["synthmix.generators.autoencoder.coders.ConvCoders"]
    width: Count
