"""Schema of a scikit-learn transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.representations.base_schema import RepresentationSchema
from synthmix.schema import Member


@dataclass(kw_only=True)
class TransformerSchema(RepresentationSchema):
    """The transformer's own keys stand under `estimator`."""

    _target_: Literal["synthmix.representations.transformer.TransformerRepresentation"]
    estimator: Member
