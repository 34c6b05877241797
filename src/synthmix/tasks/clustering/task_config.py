"""The config of the task `clustering`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.task import TaskConfig


@dataclass(kw_only=True, frozen=True)
class ClusteringConfig(TaskConfig):
    """Groups of the mixture, found by a clusterer. No keys of its own."""

    _target_: str = "synthmix.tasks.clustering.task.Clustering"
    name: str = "clustering"
