"""Config of `identity`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.members import RepresentationConfig


@dataclass(kw_only=True, frozen=True)
class IdentityConfig(RepresentationConfig):
    """No keys of its own."""

    _target_: str = "synthmix.representations.identity.IdentityRepresentation"
    name: str = "identity"
