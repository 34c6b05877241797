"""What a config may read of the environment: `${oc.env:NAME}`, but for what looks like a password or a key."""

from __future__ import annotations

from functools import cache
from typing import Any

from omegaconf import OmegaConf
from omegaconf.resolvers import oc

from synthmix.secrets import looks_secret, without_password


@cache
def guard_environment() -> None:
    """Has OmegaConf refuse secrets. What a config holds is logged, and stands in files that are sent around."""
    OmegaConf.register_new_resolver("oc.env", _env, replace=True)


def _env(key: str, *default: Any) -> Any:
    """The resolver `oc.env` of OmegaConf, for variables that may be seen.

    Raises:
        ValueError: the name looks like that of a secret, or the value is an address with a password.
    """
    if looks_secret(key):
        raise ValueError(f"oc.env:{key} looks like a secret, and a config is written down; must be another variable")
    value = oc.env(key, *default)
    if isinstance(value, str) and without_password(value) != value:
        raise ValueError(f"oc.env:{key} is an address with a password, and a config is written down")
    return value
