"""What the generator that a config names is to a study, as its class says."""

from __future__ import annotations

from functools import cache
from typing import Literal

from synthmix.config.allowlist import import_target
from synthmix.role import Role


@cache
def role_of(target: str) -> Role:
    """The role of a generator's class by its full name; one that states none is a model to be judged."""
    role: Role = getattr(import_target(target), "role", "generator")
    return role


def role_at(target: str, ratio: float) -> Role | Literal["baseline"]:
    """The same at a ratio: without synthetic points every arm is the baseline."""
    return "baseline" if ratio == 0 else role_of(target)
