"""The config of the task `classification`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Fraction
from synthmix.config.task import TaskConfig
from synthmix.gates.config import DiscriminatorGateConfig
from synthmix.generators.roles import knows_labels, role_of


class _Trainer(Protocol):
    @property
    def choose(self) -> str: ...

    @property
    def resume_from(self) -> str | None: ...


class _Gated(Protocol):
    """What else of a cell a generator for each class does not go with."""

    @property
    def gate(self) -> object: ...

    @property
    def trainer(self) -> _Trainer: ...


@dataclass(kw_only=True, frozen=True)
class ClassificationConfig(TaskConfig):
    """Classes learnt from few labels and from synthetic points, which get theirs in one of two ways.

    Attributes:
        labels: self_training: the classifier labels synthetic points itself. per_class: the generator (a control too)
            is fitted once for each class of train, and its points are of that class; an oracle's points keep their
            own label in either case.
        confidence: of self-training, the least probability of its likeliest class at which a synthetic point is given
            that class; points below it are left out. At a half the class is likelier than all others together.
        test_data: another data set of images with the same classes, whose held-out points are the test set: transfer.
            null tests on the data set that train is of.
    """

    _target_: str = "synthmix.tasks.classification.task.Classification"
    name: str = "classification"
    labels: Literal["self_training", "per_class"] = "self_training"
    confidence: Fraction = 0.5
    test_data: str | None = None

    @property
    def per_class(self) -> bool:
        """As `labels` says."""
        return self.labels == "per_class"

    def faults(self, cell: Cell) -> Iterator[str]:
        """Labels, and two classes among them; of a generator for each class, one that can be had so."""
        yield from super().faults(cell)
        n_classes, (n_train, reason) = cell.outline.spec.n_classes, cell.train_size
        if n_classes is None:
            yield f"task.name={self.name}: data.name={cell.data.name} has no labels to learn classes from"
        elif n_classes < 2:
            yield f"task.name={self.name}: data.name={cell.data.name} has {n_classes} class; must have 2 or more"
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for task.name={self.name}, as one point is of one class"
        if self.per_class:
            yield from _faults_of_each_class(cell)


def _faults_of_each_class(cell: Cell) -> Iterator[str]:
    target, model = cell.model._target_, f"model.name={cell.model.name}"
    gate, trainer = cast(_Gated, cell).gate, cast(_Gated, cell).trainer
    if knows_labels(target):
        return
    if role_of(target) == "oracle":
        yield f"task.labels=per_class: {model} knows no class of its points; must be self_training"
    elif not hasattr(import_target(target), "draw_block"):
        yield f"task.labels=per_class: {model} must be a synthmix.generators.base.Generator"
    if isinstance(gate, DiscriminatorGateConfig):
        yield f"gate.name={gate.name}: no discriminator of all classes with task.labels=per_class; must be another gate"
    if trainer.choose != "last":
        yield f"trainer.choose={trainer.choose}: compares with all classes; must be last with task.labels=per_class"
    if trainer.resume_from is not None:
        yield f"trainer.resume_from={trainer.resume_from}: is of one training; must be null with task.labels=per_class"
