"""Keys of `mix`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.schema import NonNegative, Positive


@dataclass(kw_only=True)
class MixSchema:
    """How many synthetic points join the real ones, and what each weighs."""

    ratio: NonNegative
    synthetic_weight: Positive
