"""Role, storage and trainer keys of a config's generator, by its class."""

from __future__ import annotations

from collections.abc import Sequence
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


@cache
def is_stored(target: str) -> bool:
    """Whether a fit of it is kept: that of a model is, if it can be written down; a control is fitted in no time."""
    found = import_target(target)
    return role_of(target) == "generator" and hasattr(found, "state") and hasattr(found, "load_state")


@cache
def knows_labels(target: str) -> bool:
    """Whether the points of its pool have labels of their own, as real points do."""
    return hasattr(import_target(target), "labels")


@cache
def trainer_keys(target: str) -> Sequence[str]:
    """The keys of `trainer` that the result of its fit depends on."""
    keys: Sequence[str] = getattr(import_target(target), "trainer_keys", ())
    return keys
