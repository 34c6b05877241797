"""Texts that a stranger may have written: read without running anything, and bounded before they are taken apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from synthmix.errors import InvalidInput

MOST_CHARACTERS = 2**20  # of a config; those of synthmix's own members take 4,000
MOST_VALUES = 20_000  # once what is written once and referred to often is counted as often


def read_config(text: str, where: str) -> dict[str, Any]:
    """The mapping that a YAML text holds.

    Raises:
        InvalidInput: it is too long, no YAML, no mapping, or unfolds to too much.
    """
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"{where}: has {len(text)} characters; must be ≤ {MOST_CHARACTERS}")
    try:
        node = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _no_config(error, where) from error
    return checked_mapping(node, where)


def read_json(text: str, where: str) -> dict[str, Any]:
    """The mapping that a JSON text holds; its length was bounded before.

    Raises:
        InvalidInput: no JSON, or no mapping.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_config(error, where) from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{where}: must be a mapping")
    return found


def checked_mapping(node: Any, where: str) -> dict[str, Any]:
    """A node as the mapping with text keys that a config is. Raises InvalidInput where it is none, or unfolds."""
    if not isinstance(node, Mapping):
        raise InvalidInput(f"{where}: must be a mapping")
    for number, value in enumerate(_unfolded(node)):
        if number >= MOST_VALUES:
            raise InvalidInput(f"{where}: unfolds to more than {MOST_VALUES} values")
        if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
            raise InvalidInput(f"{where}: every key must be a text")
    return dict(node)


def _unfolded(node: Any) -> Iterator[Any]:
    """Every value, that of a reference once more, in an order that needs no deep stack."""
    waiting = [node]
    while waiting:
        value = waiting.pop()
        yield value
        waiting += value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def _no_config(error: Exception, where: str) -> InvalidInput:
    reason = "nested too deeply" if isinstance(error, RecursionError) else next(iter(str(error).splitlines()), "")
    return InvalidInput(f"{where}: cannot be read ({reason})")
