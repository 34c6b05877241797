"""What a stage declares of a config: all that its key hashes, and all that its computation can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Undeclared(AttributeError):
    """A computation reads a key that its stage has not declared: its result would not depend on it in the store."""


class Inputs:
    """A config as one stage sees it: the declared keys, and an error for every other one.

    A stage's key is made of `hashed`, and the computation is handed this object in place of the config, so that a
    parameter which is left out of the key cannot be read, and no stale result be taken for its own.

    Args:
        config: a dataclass, nested at will.
        declared: dotted keys of values or of whole nodes: ``seed``, ``model``, ``trainer.precision``.
        unhashed: keys that the computation may read though no result depends on them, such as how often losses are
            logged.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Mix:
        ...     ratio: float
        ...     synthetic_weight: float
        >>> @dataclass
        ... class Config:
        ...     seed: int
        ...     mix: Mix
        >>> inputs = Inputs(Config(3, Mix(1.0, 0.5)), ["seed", "mix.ratio"])
        >>> inputs.mix.ratio, inputs.hashed(lambda value: value)
        (1.0, {'seed': 3, 'mix': {'ratio': 1.0}})
        >>> inputs.mix.synthetic_weight
        Traceback (most recent call last):
            ...
        synthmix.stages.inputs.Undeclared: mix.synthetic_weight is not declared by this stage; declared: seed, mix.ratio
    """

    def __init__(self, config: Any, declared: Sequence[str], *, unhashed: Sequence[str] = (), within: str = "") -> None:
        self._config, self._declared, self._unhashed, self._within = config, tuple(declared), tuple(unhashed), within

    def __getattr__(self, name: str) -> Any:
        key = f"{self._within}{name}"
        readable = (*self._declared, *self._unhashed)
        if key in readable:
            return getattr(self._config, name)
        if any(known.startswith(f"{key}.") for known in readable):
            node = getattr(self._config, name)
            return Inputs(node, self._declared, unhashed=self._unhashed, within=f"{key}.")
        raise Undeclared(f"{key} is not declared by this stage; declared: {', '.join(readable)}")

    def hashed(self, to_plain: Callable[[Any], Any]) -> dict[str, Any]:
        """The declared values, nested as in the config, for a key.

        Args:
            to_plain: makes dicts, lists and plain values of a value or of a node.
        """
        found: dict[str, Any] = {}
        for key in self._declared:
            *path, last = key.split(".")
            node, value = found, self._config
            for name in path:
                node, value = node.setdefault(name, {}), getattr(value, name)
            node[last] = to_plain(getattr(value, last))
        return found
