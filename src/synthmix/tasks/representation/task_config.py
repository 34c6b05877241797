"""The config of the task `representation`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.cross_checks import Cell
from synthmix.config.task import TaskConfig


@dataclass(kw_only=True, frozen=True)
class RepresentationLearningConfig(TaskConfig):
    """What a representation of the mixture keeps of held-out points. No keys of its own."""

    _target_: str = "synthmix.tasks.representation.task.RepresentationLearning"
    name: str = "representation"

    def faults(self, cell: Cell) -> Iterator[str]:
        """The representation must have seen the mixture, which it takes without weights."""
        yield from super().faults(cell)
        fit_on, weight = cell.representation.fit_on, cell.mix.synthetic_weight
        if fit_on != "mixture":
            yield f"representation.fit_on={fit_on}: task.name={self.name} judges one of the mixture; must be mixture"
        if weight != 1:
            yield f"mix.synthetic_weight={weight:g}: task.name={self.name}: representations take no weights; must be 1"
