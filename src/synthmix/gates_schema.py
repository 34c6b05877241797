"""Schemas of the gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.schema import Member


@dataclass(kw_only=True)
class AcceptAllSchema(Member):
    """No keys of its own."""

    _target_: Literal["synthmix.gates.AcceptAll"]
