"""What the members of each group have in common, so that a cell and its other members can rely on it."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, cast

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Member, shown, target_of, type_hints, unknown_key, value_fault


@dataclass(kw_only=True, frozen=True)
class ModelConfig(Member):
    """A generator.

    Attributes:
        incomplete_rows: what it does with them: `fitted`, `refused`, or, of a control, `filled` as a learner has them.
    """

    methods: ClassVar[tuple[str, ...]] = ("fit", "sample", "material")
    incomplete_rows: ClassVar[str] = "refused"

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
        why_no_weights: the reason, where it takes none.
        has_loss: whether it has a held-out loss, by which it is tuned and judged without labels; None where one has to
            look at it once it is fitted.
        not_searched: keys that no search may vary, because they are part of the question and no setting of the learner.
        search: values by key among which tuning chooses, without labels; their combinations are the candidates. Empty
            where there is nothing to tune.
    """

    group: ClassVar[str]
    takes_weights: ClassVar[bool | None] = None
    why_no_weights: ClassVar[str] = ""
    has_loss: ClassVar[bool | None] = None
    not_searched: ClassVar[tuple[str, ...]] = ("_target_", "name", "search", "arguments", "n_clusters")
    of_the_cell: ClassVar[tuple[str, ...]] = ("name", "search")

    name: str = field()
    search: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def rule(self) -> str | None:
        """By which its number of clusters is chosen without labels; None where it has none, or is given one."""
        return None

    def faults(self, cell: Cell) -> Iterator[str]:
        """It is fitted on points alone; a weight needs one that takes it, a search keys with values of their type."""
        needed = self._needed_by_fit()
        if needed:
            yield f"{self.group}._target_={self._target_}: its fit needs {', '.join(needed)}; must need points alone"
        weight = cell.mix.synthetic_weight
        if weight != 1 and not self._takes_weights():
            reason = self.why_no_weights and f", as {self.why_no_weights}"
            learner = f"{self.group}.name={self.name}"
            yield f"mix.synthetic_weight={weight:g}: {learner} takes no sample weights{reason}; must be 1"
        if self.search and cell.task.supervised:
            given = f"{self.group}.search=[{', '.join(self.search)}]"
            yield f"{given}: task.name={cell.task.name} is supervised, and tuning sees no label; must be empty"
        yield from self._search_faults()

    def _search_faults(self) -> Iterator[str]:
        hints, allowed = type_hints(cast(Hashable, type(self))), self._searchable()
        for key, values in self.search.items():
            where = f"{self.group}.search.{key}"
            if key not in allowed:
                yield unknown_key(where, values, allowed)
            elif not values:
                yield f"{where}=[]: must be at least one value"
            else:
                found = ((value, value_fault(hints.get(key, Any), value)) for value in values)
                yield from (f"{where}={shown(values)}: {shown(value)} {fault}" for value, fault in found if fault)

    def _searchable(self) -> list[str]:
        """Its keys, and where its class has no config of its own the parameters of the class."""
        keys = [field.name for field in fields(self)]
        keys += inspect.signature(import_target(self._target_)).parameters if target_of(type(self)) is None else ()
        return [key for key in keys if key not in self.not_searched]

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

    def faults(self, cell: Cell) -> Iterator[str]:
        """A class without a config of its own is given its number of clusters."""
        yield from super().faults(cell)
        if isinstance(given := self.arguments.get("n_clusters"), str):
            yield f"clusterer.n_clusters={given}: rules are for members of clusterer with that key; must be a number"


@dataclass(kw_only=True, frozen=True)
class DetectorConfig(LearnerConfig):
    """A detector of anomalies: the larger its score of a point, the more normal."""

    group: ClassVar[str] = "detector"
    methods: ClassVar[tuple[str, ...]] = ("fit", "score_samples")

    def faults(self, cell: Cell) -> Iterator[str]:
        """A search needs a loss to choose by: detectors assign no groups that could be stable."""
        yield from super().faults(cell)
        if self.search and self.has_loss is False:
            keys, learner = ", ".join(self.search), f"detector.name={self.name}"
            yield f"detector.search=[{keys}]: {learner} has no held-out loss to choose by; must be empty"


@dataclass(kw_only=True, frozen=True)
class CodecConfig(LearnerConfig):
    """A codec: points to latents, and back.

    Attributes:
        latents_key: the key that says how many values a latent has, which no search may vary, as more of them lower the
            error of every point and only buy rate; empty where none says so.
    """

    group: ClassVar[str] = "codec"
    latents_key: ClassVar[str] = ""
    methods: ClassVar[tuple[str, ...]] = ("fit", "transform", "inverse_transform")

    def faults(self, cell: Cell) -> Iterator[str]:
        """A latent has no more values than a point, and their number is not searched."""
        yield from super().faults(cell)
        size, key = cell.outline.spec.size, self.latents_key
        if key and getattr(self, key) > size:
            yield f"codec.{key}={getattr(self, key)}: must be ≤ {size} (values of a point)"

    def _searchable(self) -> list[str]:
        return [key for key in super()._searchable() if key != self.latents_key]


@dataclass(kw_only=True, frozen=True)
class ClassifierConfig(LearnerConfig):
    """A classifier, which is given labels. It is not tuned, because a choice of settings sees no label."""

    group: ClassVar[str] = "classifier"
    has_loss: ClassVar[bool | None] = False
    methods: ClassVar[tuple[str, ...]] = ("fit", "predict_proba")

    def _needed_by_fit(self) -> Sequence[str]:
        return [name for name in super()._needed_by_fit() if name != "y"]


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
