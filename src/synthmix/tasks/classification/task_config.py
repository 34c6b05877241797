"""The config of the task `classification`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Fraction
from synthmix.config.task import TaskConfig


@dataclass(kw_only=True, frozen=True)
class ClassificationConfig(TaskConfig):
    """Classes learnt from few labels, by a classifier that labels synthetic points itself.

    Attributes:
        confidence: the least probability of its likeliest class at which a synthetic point is given that class; points
            below it are left out. At a half the class is likelier than all others together.
    """

    _target_: str = "synthmix.tasks.classification.task.Classification"
    name: str = "classification"
    confidence: Fraction = 0.5

    def faults(self, cell: Cell) -> Iterator[str]:
        """Labels, and two classes among them."""
        yield from super().faults(cell)
        n_classes, (n_train, reason) = cell.outline.spec.n_classes, cell.train_size
        if n_classes is None:
            yield f"task.name={self.name}: data.name={cell.data.name} has no labels to learn classes from"
        elif n_classes < 2:
            yield f"task.name={self.name}: data.name={cell.data.name} has {n_classes} class; must have 2 or more"
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for task.name={self.name}, as one point is of one class"
