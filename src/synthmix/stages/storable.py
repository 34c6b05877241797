"""What can be stored of a fit, whoever wrote it: a generator or a representation."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, Protocol, Self, runtime_checkable

import torch

PLAIN = (torch.Tensor, bool, int, float, str, NoneType)


@runtime_checkable
class Storable(Protocol):
    """Something whose fit can be stored. Without these methods it works too, and is fitted whenever it is needed."""

    def state(self) -> dict[str, Any] | None:
        """What it has learnt, as tensors and plain values; None where that cannot be expressed so."""
        ...

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up what an equally built one has learnt, so that it does what that one does, to the last bit."""
        ...


def is_plain(value: object) -> bool:
    """Whether a value can be stored without pickling objects: tensors, numbers, texts, and dicts and lists of them."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return type(value) in PLAIN
