"""The config of the task `clustering`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.schema import NonNegativeInt
from synthmix.config.task import TaskConfig


@dataclass(kw_only=True, frozen=True)
class ClusteringConfig(TaskConfig):
    """Groups of the mixture, found by a clusterer.

    Attributes:
        bootstraps: how often the clusterer is fitted again, on bootstrap draws of the mixture, for the score
            bootstrap_ari: how far their assignments of held-out points agree. 0 for none of it, and at no cost.
    """

    _target_: str = "synthmix.tasks.clustering.task.Clustering"
    name: str = "clustering"
    bootstraps: NonNegativeInt = 0

    @property
    def for_choices(self) -> Self:
        """Without bootstrap draws: nothing is chosen by them."""
        return replace(self, bootstraps=0)

    def faults(self, cell: Cell) -> Iterator[str]:
        """Agreement is of two at least, and of a clusterer that can be fitted so often."""
        yield from super().faults(cell)
        if self.bootstraps == 1:
            yield "task.bootstraps=1: must be 0 or ≥ 2, as what is measured is how far two clusterings agree"
        if self.bootstraps and not getattr(import_target(cell.learner._target_), "refitted", True):
            given, learner = f"task.bootstraps={self.bootstraps}", f"clusterer.name={cell.learner.name}"
            yield f"{given}: {learner} is not fitted again, as each fit trains a net; must be 0"
