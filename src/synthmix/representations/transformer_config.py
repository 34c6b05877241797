"""Schema of a scikit-learn transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Member
from synthmix.representations.config import RepresentationSchema


@dataclass(kw_only=True)
class TransformerSchema(RepresentationSchema):
    """The transformer's own keys stand under `estimator`."""

    _target_: Literal["synthmix.representations.transformer.TransformerRepresentation"]
    estimator: Member
