"""Schemas of encoders and decoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.generators.base_schema import IMAGE_SIZES, needs_images
from synthmix.schema import Count, Member


@dataclass(kw_only=True)
class MlpCodersSchema(Member):
    """Perceptrons."""

    _target_: Literal["synthmix.generators.coders.MlpCoders"]
    hidden: list[Count]


@dataclass(kw_only=True)
class ConvCodersSchema(Member):
    """Convolutional nets."""

    _target_: Literal["synthmix.generators.coders.ConvCoders"]
    width: Count


def coders_faults(networks: Member, owner: str, cell: Any) -> Iterator[str]:
    """The faults of the nets of an autoencoder: a pair of another family, or images that they do not fit.

    A user's own nets have no schema, and are not judged.
    """
    if isinstance(networks, ConvCodersSchema):
        yield from needs_images(owner, cell, sizes=IMAGE_SIZES)
    elif type(networks) is not Member and not isinstance(networks, MlpCodersSchema):
        allowed = "synthmix.generators.coders.ConvCoders, synthmix.generators.coders.MlpCoders"
        yield f"model.networks._target_={networks._target_}: allowed: {allowed}"
