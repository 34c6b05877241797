"""The plain form of a config, of dicts, lists, numbers and texts: what keys, records and YAML files are made of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from synthmix.config.readable import readable
from synthmix.config.schema import Member
from synthmix.errors import InvalidInput

LEFT_OUT = {"left_out": True}  # of a field that is no key of the plain form where it is None


def plain(node: Any) -> Any:
    """A node as Hydra composes it, with its interpolations resolved.

    Raises:
        InvalidInput: an interpolation leads nowhere.
    """
    if not OmegaConf.is_config(node):
        return node
    try:
        return OmegaConf.to_container(node, resolve=True)
    except OmegaConfBaseException as error:
        raise InvalidInput(readable(error)) from error


def to_plain(config: Any) -> Any:
    """A typed config, or a part of it, with `_target_` where there is something to build."""
    if isinstance(config, Member):
        own = {field.name: to_plain(getattr(config, field.name)) for field in fields(config)}
        return own | own.pop("arguments")
    if is_dataclass(config):
        values = {field: getattr(config, field.name) for field in fields(config)}
        return {
            field.name: to_plain(value)
            for field, value in values.items()
            if value is not None or field.metadata != LEFT_OUT
        }
    if isinstance(config, dict):
        return {key: to_plain(value) for key, value in config.items()}
    return [to_plain(value) for value in config] if isinstance(config, list) else config
