"""Configs of encoders and decoders."""

from __future__ import annotations

from dataclasses import dataclass, field

from synthmix.config.schema import Count, Member


@dataclass(kw_only=True, frozen=True)
class MlpCodersConfig(Member):
    """Perceptrons.

    Attributes:
        hidden: units of the encoder's hidden layers; those of the decoder are the same in reverse. The articles' nets
            have [128], the clustering papers' one [500, 500, 2000].
    """

    _target_: str = "synthmix.generators.autoencoder.coders.MlpCoders"
    name: str = "mlp"
    hidden: list[Count] = field(default_factory=lambda: [128])


@dataclass(kw_only=True, frozen=True)
class ConvCodersConfig(Member):
    """Convolutional nets.

    Attributes:
        width: channels at half the size of an image.
    """

    _target_: str = "synthmix.generators.autoencoder.coders.ConvCoders"
    name: str = "conv"
    width: Count = 16
