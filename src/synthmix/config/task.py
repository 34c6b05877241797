"""The config of a task: what the study, its tables and its words read of it stands on the class."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.schema import Member
from synthmix.metric import Metric
from synthmix.spec import AnomalyProtocol


@dataclass(kw_only=True)
class TaskConfig(Member):
    """What a mixture is for.

    Attributes:
        prefix: of its scores' MLflow names, `cluster` in `cluster/ari`.
        learner: the config group of its learner, `clusterer` for instance; the node stands beside that of the task.
        scored_by: the module whose `METRICS` are its scores by name. Named and not imported, so that the keys of cells
            do not depend on it: what a task puts out is stored, and its scores are derived.
        primary: names of the primary score: the first that can be computed is tested for significance.
        choose_by: name of the score on val that chooses a ratio without labels; None where there is none.
    """

    prefix: ClassVar[str]
    learner: ClassVar[str]
    scored_by: ClassVar[str]
    primary: ClassVar[Sequence[str]]
    choose_by: ClassVar[str | None] = None

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Its scores by name."""
        metrics: Mapping[str, Metric] = importlib.import_module(self.scored_by).METRICS
        return metrics

    def anomaly_protocol(self, normal_class: int | None) -> AnomalyProtocol | None:
        """How train is made where anomalies are to be detected; None for a task whose train is as it comes."""
        return None
