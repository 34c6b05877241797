"""The whole config of one cell, and what is checked before any training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.config.data import READ_BY_SPLIT, DataConfig
from synthmix.config.flat import flatten
from synthmix.config.instantiate import instantiate
from synthmix.config.members import (
    ClassifierConfig,
    ClustererConfig,
    CodecConfig,
    DetectorConfig,
    GateConfig,
    LearnerConfig,
    MetricConfig,
    ModelConfig,
    RepresentationConfig,
)
from synthmix.config.nodes import (
    build,
    build_field,
    build_member,
    field_faults,
    member_faults,
    member_types,
    missing_faults,
    without_none,
)
from synthmix.config.parts import Parts
from synthmix.config.plain import LEFT_OUT, plain, to_plain
from synthmix.config.schema import Count, Member, Range, type_hints
from synthmix.config.sections.mix import MixConfig
from synthmix.config.sections.quality import QualityConfig
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig
from synthmix.config.sections.trainer import TrainerConfig
from synthmix.config.task import TaskConfig
from synthmix.errors import InvalidInput
from synthmix.spec import AnomalyProtocol, DataSpec, Extent, Outline

LEARNERS = ("clusterer", "detector", "codec", "classifier")
GROUPS = ("data", "model", "gate", "representation", "task", *LEARNERS)
PARTS = ("data", "model", "gate", "representation", "task", "learner", "mix", "trainer", "tracking", "quality", "study")


@dataclass(kw_only=True, frozen=True)
class PathsConfig:
    """Keys of `paths`.

    Attributes:
        store: folder of the stages.
    """

    store: str = ".synthmix"


_LOADED: dict[str, Extent] = {}  # of the user's own sets: each check of each cell of a sweep asks


@dataclass(kw_only=True, frozen=True)
class CellConfig:
    """The whole config of one cell.

    Attributes:
        seed: of everything random.
        threads: of torch, OpenMP and BLAS; parallelism is by blocks of cells.
        tuning: held_out chooses the learner's settings among its `search`, without labels and on real training points
            alone; none takes them as they are configured. null is held_out for the cells of a study, none for a single
            cell.
        clusterer, detector, codec, classifier: the learner of the task, under the name of its group; the others are
            None.
        metrics: scores of the user's own, by name, beside those of the task.
    """

    seed: Annotated[int, Range(low=0, high=2**32 - 1)] = 0
    threads: Count = 1
    tuning: Literal["none", "held_out"] | None = None
    data: DataConfig
    model: ModelConfig
    gate: GateConfig
    mix: MixConfig = field(default_factory=MixConfig)
    representation: RepresentationConfig
    task: TaskConfig
    clusterer: ClustererConfig | None = field(default=None, metadata=LEFT_OUT)
    detector: DetectorConfig | None = field(default=None, metadata=LEFT_OUT)
    codec: CodecConfig | None = field(default=None, metadata=LEFT_OUT)
    classifier: ClassifierConfig | None = field(default=None, metadata=LEFT_OUT)
    metrics: dict[str, MetricConfig] = field(default_factory=dict)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)
    study: StudyConfig = field(default_factory=StudyConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)

    @property
    def learner(self) -> LearnerConfig:
        """That of the task. Raises InvalidInput where there is none."""
        learner: LearnerConfig | None = getattr(self, self.task.learner, None)
        if learner is None:
            raise InvalidInput(f"{self.task.learner}: missing (the learner of task.name={self.task.name})")
        return learner

    @property
    def is_tuned(self) -> bool:
        """Whether settings of its learner are chosen: a learner without a search has nothing to choose."""
        return self.tuning == "held_out" and bool(self.learner.search)

    @property
    def without_search(self) -> Self:
        """The same with a learner that tells no candidates, on which nothing but tuning depends."""
        changed: dict[str, Any] = {self.task.learner: replace(self.learner, search={})}
        return replace(self, **changed)

    @property
    def anomaly_protocol(self) -> AnomalyProtocol | None:
        """What train is made of where anomalies are to be detected; None where it is as it comes."""
        return self.task.anomaly_protocol(self.data.normal_class)

    @cached_property
    def extent(self) -> Extent:
        """What the data set holds, which is loaded only if its config does not say how to find that out.

        Raises:
            InvalidInput: the set cannot be used; one line for each reason.
        """
        extent = self.data.extent()
        if extent is not None:
            return extent
        node = {key: value for key, value in to_plain(self.data).items() if key not in READ_BY_SPLIT}
        text = json.dumps(node, sort_keys=True)
        if text not in _LOADED:
            _LOADED[text] = _extent_of_loaded(self.data)
        return _LOADED[text]

    @property
    def parts(self) -> Parts:
        """The sizes of the split. Raises InvalidInput where the set cannot be used."""
        return self.data.parts(self.extent)

    @property
    def outline(self) -> Outline:
        """What is known of the data before it is loaded. Raises InvalidInput where the set cannot be used."""
        return Outline(self.extent.spec, self.parts.learn)

    @property
    def train_size(self) -> tuple[int, str]:
        """How many points train has, and where that number comes from.

        Raises:
            InvalidInput: the set cannot be used, or leaves no point to learn from.
        """
        if self.data.n_train is None:
            if self.parts.learn < 1:
                raise InvalidInput(*self.parts.faults())
            return self.outline.n_learn, "points to learn from"
        return self.data.n_train, "data.n_train"


def _extent_of_loaded(config: DataConfig) -> Extent:
    """What a set of the user's own holds."""
    try:
        dataset = instantiate(config)
    except InvalidInput:
        raise
    except Exception as error:  # a function of the user's own may raise anything
        raise InvalidInput(f"data.name={config.name}: cannot be loaded ({type(error).__name__}: {error})") from error
    spec = getattr(dataset, "spec", None)
    if not isinstance(spec, DataSpec) or not spec.digest:  # the digest is what the store knows a set by
        raise InvalidInput(
            f"data._target_={config._target_}: must return a Dataset made by synthmix.data.base.assemble"
        )
    return Extent(spec, len(dataset), None if dataset.test is None else len(dataset.test))


class Checker:
    """Checks everything that can be known before any training. What several cells have in common is checked once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[list[str], Any]] = {}

    def __call__(self, config: Mapping[str, Any]) -> CellConfig:
        """The typed config of a cell, composed or plain.

        Raises:
            InvalidInput: one line for each fault.
        """
        node = {key: value for key, value in plain(config).items() if key != "hydra"}
        parts = {key: self._part(key, value) for key, value in node.items()}
        faults = [*self.value_faults(node), *missing_faults(CellConfig, node, "")]
        if faults:
            raise InvalidInput(*faults)
        cell = CellConfig(**{key: made for key, (_, made) in parts.items()})
        members = (*(getattr(cell, part) for part in PARTS), *cell.metrics.values())
        as_its_parts_see_it: Cell = cell
        try:
            faults = [fault for member in members for fault in member.faults(as_its_parts_see_it)]
        except OSError as error:  # a path that is too long, or leads through what may not be read
            raise InvalidInput(_path_line(error, node)) from error
        faults += _unread_learners(cell)
        if faults:
            raise InvalidInput(*dict.fromkeys(faults))
        return cell

    def value_faults(self, node: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with the values of a plain config, each by itself."""
        for key, value in node.items():
            yield from self._part(key, value)[0]

    def _part(self, key: str, value: Any) -> tuple[list[str], Any]:
        """Faults of one key of a cell, and what is made of its value where there are none."""
        known = key, repr(value)
        if known not in self._known:
            faults = field_faults(CellConfig, key, value, "")
            self._known[known] = faults, None if faults else build_field(CellConfig, key, value)
        return self._known[known]


def _path_line(error: OSError, node: Mapping[str, Any]) -> str:
    """The line for a path that the system refuses, with the key that names it."""
    path = str(error.filename)
    texts = {key: value for key, value in flatten(node).items() if value and isinstance(value, str)}
    keys = [key for key, value in texts.items() if value in path or path in value]
    return f"{f'{max(keys, key=len)}=' if keys else ''}{path}: {error.strerror}"


def _unread_learners(cell: CellConfig) -> Iterator[str]:
    """The learner of another task, which nothing would read."""
    for group in LEARNERS:
        if group != cell.task.learner and (other := getattr(cell, group)) is not None:
            yield unread_learner(group, other.name, cell.task)


def unread_learner(key: str, value: str, task: TaskConfig) -> str:
    """The line for a learner, or a key of one, that another task reads than that of the cell."""
    group = key.partition(".")[0]
    tasks = {target: kind for target, kind in member_types().items() if issubclass(kind, TaskConfig)}
    readers = [f"task={kind.name}" for target, kind in tasks.items() if import_target(target).learner == group]
    hint = f"; {group} is read with {' or '.join(readers)}" if readers else ""
    return f"{key}={value}: task.name={task.name} has none; allowed: {task.learner}{hint}"


def check(config: Mapping[str, Any]) -> CellConfig:
    """Checks one cell, composed or plain; see `Checker`."""
    return Checker()(config)


def from_plain(node: Mapping[str, Any]) -> CellConfig:
    """The typed config of one that was recorded or composed, and checked before; what is left out has its default.

    Raises:
        InvalidInput: a key is missing, or is not known.
    """
    return build(CellConfig, {key: value for key, value in plain(node).items() if key != "hydra"})


def check_member(node: Mapping[str, Any], group: str) -> Member:
    """Checks one member of a group by itself; returns its typed config.

    Raises:
        InvalidInput: one line for each fault.
    """
    base: type[Member] = without_none(type_hints(CellConfig)[group])
    faults = member_faults(node, group, base)
    if faults:
        raise InvalidInput(*faults)
    return build_member(base, node)
