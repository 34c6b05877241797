"""The config of the task `anomaly_detection`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Range, Share
from synthmix.config.task import TaskConfig
from synthmix.spec import AnomalyProtocol


@dataclass(kw_only=True, frozen=True)
class AnomalyDetectionConfig(TaskConfig):
    """What is not like the rest, found by a detector.

    Attributes:
        contamination: share of anomalies in train and pool, which the threshold flags too; None trains on normal points
            alone (clean training): labels then choose what train is made of, as the protocol says.
        flagged_share: share of the mixture that the threshold flags where train is clean.
    """

    _target_: str = "synthmix.tasks.anomaly_detection.task.AnomalyDetection"
    name: str = "anomaly_detection"
    contamination: Annotated[float, Range(above=0, high=0.5)] | None = None
    flagged_share: Share = 0.05

    def anomaly_protocol(self, normal_class: int | None) -> AnomalyProtocol | None:
        """Train and pool of normal points, with a share of anomalies among them where that is asked for."""
        return None if normal_class is None else AnomalyProtocol(normal_class, self.contamination)

    def faults(self, cell: Cell) -> Iterator[str]:
        """Labels that tell normal points from anomalies."""
        yield from super().faults(cell)
        n_classes, normal = cell.outline.spec.n_classes, cell.data.normal_class
        if n_classes is None:
            yield f"task.name={self.name}: data.name={cell.data.name} has no labels that tell anomalies"
        elif normal is None or normal >= n_classes:
            given = "null" if normal is None else normal
            yield f"data.normal_class={given}: must be the class of normal points, 0 to {n_classes - 1}"
        if cell.parts.n_train is None:
            yield "data.n_train=null: must be a number, since how many normal points are left differs by seed"
