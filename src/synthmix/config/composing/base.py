"""A composed choice of members, as a plain config on which the values of a cell are set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf

from synthmix.config.plain import plain

REFERENCE = re.compile(r"\$\{(\w+(?:\.\w+)*)\}")  # an interpolation of one other key


class Base:
    """What is common to the cells of one choice of members.

    Args:
        config: as Hydra has composed it.

    Attributes:
        is_simple: whether it refers to nothing but its own keys, not to the environment or the time.
    """

    def __init__(self, config: DictConfig) -> None:
        unresolved: Any = OmegaConf.to_container(config, resolve=False)
        found = {key: REFERENCE.fullmatch(text) for key, text in _interpolations(unresolved)}
        # Of anything else than a key that is another's value, Hydra itself must say what it comes to.
        self._set(plain(config), {key: match[1] for key, match in found.items() if match}, all(found.values()))

    def _set(self, node: dict[str, Any], references: Mapping[str, str], is_simple: bool) -> None:
        self._node, self._references = node, references
        self.is_simple = is_simple and not references.keys() & {*references.values()}

    def joined(self, chosen: Mapping[str, Self]) -> Self | None:
        """The base with several members that are known one by one; None where one changes more than its own group.

        Args:
            chosen: by group, this base with one member of that group instead.
        """
        bases = [self, *chosen.values()]
        alike = all(base.is_simple and base._node.keys() == self._node.keys() for base in bases)
        if not alike or not all(base._differs_in(self) <= {group} for group, base in chosen.items()):
            return None
        of = {key: chosen.get(key, self) for key in self._node}
        references = {
            key: source
            for group, base in of.items()
            for key, source in base._references.items()
            if key.partition(".")[0] == group
        }
        made = object.__new__(type(self))
        made._set({key: base._node[key] for key, base in of.items()}, references, is_simple=True)
        return made if made.is_simple else None

    def _differs_in(self, other: Self) -> set[str]:
        """The top-level keys whose values differ."""
        return {key for key, value in self._node.items() if repr(value) != repr(other._node[key])}

    def with_values(self, overrides: Sequence[Override]) -> dict[str, Any] | None:
        """The config with these values; None where setting them takes more than replacing a value that is there."""
        if not self.is_simple:
            return None
        node: dict[str, Any] = _copied(self._node)
        for override in overrides:
            if not _is_plain(override) or not _replace(node, override.key_or_group, override.value()):
                return None
        changed = {override.key_or_group for override in overrides}
        for key, source in self._references.items():
            if key not in changed and not _replace(node, key, _value(node, source)):
                return None
        return node


def _interpolations(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key and text of whatever refers to something else."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _interpolations(child, f"{path}.{key}" if path else str(key))
    if isinstance(node, str) and "${" in node:
        yield path, node


def _is_plain(override: Override) -> bool:
    """Whether an override gives a key another value, and that value is what is written."""
    value = override.value()
    written = value if isinstance(value, list) else [value]
    return (
        override.type == OverrideType.CHANGE
        and override.package is None
        and not any(isinstance(item, dict | list) or "${" in str(item) or item == "???" for item in written)
    )


def _replace(node: dict[str, Any], key: str, value: Any) -> bool:
    """Replaces the value of a dotted key; says whether there was one, and neither is a group of keys."""
    *path, last = key.split(".")
    parent = _value(node, ".".join(path)) if path else node
    if not isinstance(parent, dict) or last not in parent or isinstance(parent[last], dict) or isinstance(value, dict):
        return False
    parent[last] = value
    return True


def _value(node: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key; None where there is none."""
    found: Any = node
    for name in key.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _copied(node: Any) -> Any:
    """The same with dicts and lists of its own."""
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in node.items()}
    return [_copied(value) for value in node] if isinstance(node, list) else node
