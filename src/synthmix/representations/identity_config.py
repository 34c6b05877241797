"""Schema of `identity`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.representations.config import RepresentationSchema


@dataclass(kw_only=True)
class IdentitySchema(RepresentationSchema):
    """No keys of its own."""

    _target_: Literal["synthmix.representations.identity.IdentityRepresentation"]
