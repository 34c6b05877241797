"""Config of a scikit-learn transformer."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Member


@dataclass(kw_only=True, frozen=True)
class TransformerConfig(RepresentationConfig):
    """A transformer of scikit-learn's.

    Attributes:
        estimator: its class and its own keys.
    """

    _target_: str = "synthmix.representations.transformer.TransformerRepresentation"
    estimator: Member
