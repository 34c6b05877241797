"""Config of SMOTE-NC."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.generators.controls_config import SmoteConfig


@dataclass(kw_only=True, frozen=True)
class SmotencConfig(SmoteConfig):
    """Interpolation between neighbours, and their commonest level."""

    _target_: str = "synthmix.generators.smotenc.Smotenc"
    name: str = "smotenc"
