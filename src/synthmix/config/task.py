"""The config of a task. What the study, its tables and its words read of a task is stated on its class."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from synthmix.config.allowlist import import_target
from synthmix.config.schema import Member
from synthmix.metric import Metric
from synthmix.spec import AnomalyProtocol


@dataclass(kw_only=True, frozen=True)
class TaskConfig(Member):
    """What a mixture is for; see `synthmix.tasks.base.Task` for what its class states."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "outputs", "prefix", "learner", "primary")
    from_the_cell: ClassVar[tuple[str, ...]] = ("estimator", "spec")

    name: str = field()

    @property
    def prefix(self) -> str:
        """Of its scores' MLflow names, `cluster` in `cluster/ari`."""
        return str(self._class.prefix)

    @property
    def learner(self) -> str:
        """The config group of its learner, `clusterer` for instance."""
        return str(self._class.learner)

    @property
    def supervised(self) -> bool:
        """Whether labels of train reach its learner."""
        return bool(getattr(self._class, "supervised", False))

    @property
    def per_class(self) -> bool:
        """Whether the generator is fitted once for each class of train; only where the task is `supervised`."""
        return False

    @property
    def scored_by(self) -> str:
        """The module that holds its scores."""
        return str(getattr(self._class, "scored_by", self._class.__module__))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Its scores by name."""
        metrics: Mapping[str, Metric] = importlib.import_module(self.scored_by).METRICS
        return metrics

    @property
    def for_choices(self) -> Self:
        """The task as tuning does it, without what only adds to the scores of a cell."""
        return self

    @property
    def drawn_by(self) -> str | None:
        """The module that draws its pictures; None where nothing does."""
        drawn_by: str | None = getattr(self._class, "drawn_by", None)
        return drawn_by

    @property
    def primary(self) -> Sequence[str]:
        """Names of the primary score: the first that every cell of a study has is tested for significance."""
        primary: Sequence[str] = self._class.primary
        return primary

    @property
    def choose_by(self) -> Sequence[str]:
        """Names of the score on val that chooses a ratio without labels, likewise; none where nothing chooses."""
        choose_by: Sequence[str] | str | None = getattr(self._class, "choose_by", None)
        return (choose_by,) if isinstance(choose_by, str) else choose_by or ()

    def anomaly_protocol(self, normal_class: int | None) -> AnomalyProtocol | None:
        """What train is made of where anomalies are to be detected; None for a task whose train is as it comes."""
        return None

    @property
    def _class(self) -> Any:
        return import_target(self._target_)
