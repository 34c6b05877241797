"""What the members of each group have in common, so that a cell and its other members can rely on it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Member


@dataclass(kw_only=True, frozen=True)
class ModelConfig(Member):
    """A generator."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "sample", "material")

    name: str = field()


@dataclass(kw_only=True, frozen=True)
class GateConfig(Member):
    """A gate."""

    methods: ClassVar[tuple[str, ...]] = ("fit", "accept")

    name: str = field()


@dataclass(kw_only=True, frozen=True)
class RepresentationConfig(Member):
    """A representation.

    Attributes:
        fit_on: the points that it is fitted on.
    """

    methods: ClassVar[tuple[str, ...]] = ("fit", "transform")
    of_the_cell: ClassVar[tuple[str, ...]] = ("name", "fit_on")

    name: str = field()
    fit_on: Literal["train", "mixture"] = "train"


@dataclass(kw_only=True, frozen=True)
class LearnerConfig(Member):
    """What a task fits on the mixture: an estimator with the verbs of scikit-learn.

    Attributes:
        group: its config group, `clusterer` for instance.
        takes_weights: whether its `fit` has a `sample_weight`; None where one has to look.
    """

    group: ClassVar[str]
    takes_weights: ClassVar[bool | None] = None

    name: str = field()

    def faults(self, cell: Cell) -> Iterator[str]:
        """It is fitted on points alone; a weight other than 1 needs a learner that takes weights."""
        needed = self._needed_by_fit()
        if needed:
            yield f"{self.group}._target_={self._target_}: its fit needs {', '.join(needed)}; must need points alone"
        weight = cell.mix.synthetic_weight
        if weight != 1 and not self._takes_weights():
            yield f"mix.synthetic_weight={weight:g}: {self.group}.name={self.name} takes no sample weights; must be 1"

    def _takes_weights(self) -> bool:
        if self.takes_weights is not None:
            return self.takes_weights
        return "sample_weight" in self._fit_parameters()

    def _needed_by_fit(self) -> Sequence[str]:
        """What a class without a config of its own must be given beside the points, labels for instance."""
        if self.takes_weights is not None:
            return []
        beside = list(self._fit_parameters().values())[2:]
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        return [one.name for one in beside if one.kind in kinds and one.default is one.empty]

    def _fit_parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(import_target(self._target_).fit).parameters


@dataclass(kw_only=True, frozen=True)
class ClustererConfig(LearnerConfig):
    """A clusterer."""

    group: ClassVar[str] = "clusterer"
    methods: ClassVar[tuple[str, ...]] = ("fit", "predict")


@dataclass(kw_only=True, frozen=True)
class DetectorConfig(LearnerConfig):
    """A detector of anomalies: the larger its score of a point, the more normal."""

    group: ClassVar[str] = "detector"
    methods: ClassVar[tuple[str, ...]] = ("fit", "score_samples")


@dataclass(kw_only=True, frozen=True)
class MetricConfig(Member):
    """A score of a user's own: a torchmetrics.Metric, which says itself whether higher is better.

    Attributes:
        reads: what its `update` is given, in order: outputs of the task by name, `points`, `labels`.
    """

    methods: ClassVar[tuple[str, ...]] = ("update", "compute")
    of_the_cell: ClassVar[tuple[str, ...]] = ("name", "reads")

    name: str = field()
    reads: list[str]

    @property
    def higher_is_better(self) -> bool | None:
        """As its class says."""
        higher_is_better: bool | None = getattr(import_target(self._target_), "higher_is_better", None)
        return higher_is_better

    @property
    def needs_labels(self) -> bool:
        """Whether it is computed only where there are labels."""
        return "labels" in self.reads

    def faults(self, cell: Cell) -> Iterator[str]:
        """A score of the task must not be taken for it."""
        for key, metric in cell.metrics.items():
            if metric is self and key in cell.task.metrics:
                yield f"metrics.{key}: task.name={cell.task.name} has a score of that name; choose another"
