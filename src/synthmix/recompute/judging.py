"""Whether a cell is what a table says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from threadpoolctl import threadpool_limits

from synthmix.config.cell import CellConfig
from synthmix.recompute.comparing import Value, tolerance_of
from synthmix.recompute.own_store import Recomputed
from synthmix.recompute.rows import Row, compared


@dataclass(frozen=True)
class Judged:
    """One row, judged.

    Attributes:
        row: of a table.
        other: what is not equal, its status first where that is so.
        primary: the primary score, as the row has it and as it is here; None where the row has none.
        tolerance: within which it may lie where it is not computed in the same environment.
        environment: what differs between the environments, a line each.
    """

    row: Row
    other: Sequence[Value]
    primary: Value | None
    tolerance: float
    environment: Sequence[str]

    @property
    def is_equal(self) -> bool:
        """Whether all that the row says is so to the last bit."""
        return not self.other

    @property
    def holds(self) -> bool:
        """Whether the row is right: to the last bit, or elsewhere within the tolerance."""
        if self.is_equal:
            return True
        status_differs = any(value.name == "status" for value in self.other)
        elsewhere = bool(self.environment) and not status_differs
        return elsewhere and self.primary is not None and self.primary.is_within(self.tolerance)


def judged(row: Row, config: CellConfig, found: Recomputed, environment: Sequence[str]) -> Judged:
    """Judges a row by its cell, computed once more."""
    values = compared(row, found)
    by_name = {value.name: value for value in values if value.recorded is not None}
    names = [f"{config.task.prefix}/{name}" for name in config.task.primary]
    primary = next((by_name[name] for name in names if name in by_name), None)
    tolerance = tolerance_of(config, found.asked.depends_on().n_synthetic)
    return Judged(row, [value for value in values if not value.is_equal], primary, tolerance, environment)


def threads_here(config: CellConfig) -> int:
    """The threads that torch has for a cell that asks for some."""
    with threadpool_limits(limits=config.threads):
        torch.set_num_threads(config.threads)
        return torch.get_num_threads()
