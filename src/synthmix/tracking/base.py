"""What a run is made of once it is over: enough to log it again where MLflow missed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlflow.entities import Metric


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A run that has finished.

    Attributes:
        kind: cell or generator.
        name: as it is shown.
        params: the flattened config.
        tags: with those of the environment in which it was computed, which need not be that of today.
        metrics: one value each.
        curves: (step, value) of each loss.
        texts: by their path among the artifacts, config.yaml for instance.
        files: likewise, what writes the file to the path that it is given.
        started_ms, ended_ms: since the Unix epoch.
    """

    kind: str
    name: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    curves: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Callable[[Path], object]] = field(default_factory=dict)
    started_ms: int
    ended_ms: int

    def points(self) -> list[Metric]:
        """All metrics and losses; when each was logged is not known, so that they carry the time of the end."""
        single = [Metric(key, float(value), self.ended_ms, 0) for key, value in self.metrics.items()]
        curves = (
            Metric(key, float(value), self.ended_ms, step)
            for key, curve in self.curves.items()
            for step, value in curve
        )
        return [*single, *curves]


@dataclass(frozen=True)
class LoggedRun:
    """A run that MLflow has."""

    id: str
    tags: Mapping[str, str]
