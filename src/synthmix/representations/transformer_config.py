"""Config of a scikit-learn transformer."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Member


@dataclass(kw_only=True, frozen=True)
class TransformerConfig(RepresentationConfig):
    """The transformer's own keys stand under `estimator`."""

    _target_: str = "synthmix.representations.transformer.TransformerRepresentation"
    estimator: Member
