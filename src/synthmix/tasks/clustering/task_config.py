"""The config of the task `clustering`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.config.task import TaskConfig


@dataclass(kw_only=True)
class ClusteringConfig(TaskConfig):
    """Groups of the mixture, found by a clusterer."""

    prefix: ClassVar[str] = "cluster"
    learner: ClassVar[str] = "clusterer"
    scored_by: ClassVar[str] = "synthmix.tasks.clustering.metrics"
    primary: ClassVar[Sequence[str]] = ("ari", "silhouette")
    choose_by: ClassVar[str | None] = "silhouette"

    _target_: Literal["synthmix.tasks.clustering.task.Clustering"] = "synthmix.tasks.clustering.task.Clustering"
