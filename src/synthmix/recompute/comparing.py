"""What was recorded of a cell beside what it comes to here: equal to the last bit, or within what is stated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synthmix.config.cell import CellConfig
from synthmix.config.plain import to_plain

# Measured over 416 trainings on two instruction sets (experiments/fair_baseline): .14 of ARI at most.
TRAINED = 0.15
FITTED = 1e-3  # where nothing is trained by gradient: rounding that nothing amplifies
STEPS = ("steps", "hidden_layer_sizes")  # keys of what is trained by gradient


@dataclass(frozen=True)
class Value:
    """One score, or setting that was chosen, as it was recorded and as it is here; None where it is not there."""

    name: str
    recorded: Any
    here: Any

    @property
    def is_equal(self) -> bool:
        """Whether both are one number, to the last bit, or one text."""
        if _is_number(self.recorded) and _is_number(self.here):
            return float(self.recorded) == float(self.here) or (_is_nan(self.recorded) and _is_nan(self.here))
        return bool(self.recorded == self.here)

    def is_within(self, tolerance: float) -> bool:
        """Whether they differ by so much of max(1, |recorded|) at most."""
        if self.is_equal:
            return True
        if not _is_number(self.recorded) or not _is_number(self.here):
            return False
        recorded, here = float(self.recorded), float(self.here)
        return abs(here - recorded) <= tolerance * max(1.0, abs(recorded))

    def __str__(self) -> str:
        return f"{self.name}: {_shown(self.recorded)} was recorded, {_shown(self.here)} here"


def values(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Value]:
    """All that either side has, by name."""
    for name in sorted({*recorded, *here}):
        yield Value(name, recorded.get(name), here.get(name))


def tolerance_of(config: CellConfig, n_synthetic: int) -> float:
    """How far the primary score of a cell may lie from that of another processor or version.

    A training by gradient amplifies the last bits of its sums; whatever else is fitted does not.
    """
    parts = [config.representation, config.learner, *([config.model] if n_synthetic else [])]
    return TRAINED if any(_trains(to_plain(part)) for part in parts) else FITTED


def _trains(node: Any) -> bool:
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return (isinstance(node, Mapping) and any(key in node for key in STEPS)) or any(map(_trains, children))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value) if _is_number(value) else str(value)
