"""The whole config of one cell, and what is checked before any training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from omegaconf import DictConfig

from synthmix.config.cross_checks import Cell
from synthmix.config.data import DataConfig
from synthmix.config.instantiate import instantiate
from synthmix.config.members import (
    ClustererConfig,
    DetectorConfig,
    GateConfig,
    LearnerConfig,
    MetricConfig,
    ModelConfig,
    RepresentationConfig,
)
from synthmix.config.nodes import build, build_member, check_node, member_faults
from synthmix.config.parts import Parts
from synthmix.config.plain import LEFT_OUT, plain
from synthmix.config.schema import Count, Member, Range, type_hints
from synthmix.config.sections.mix import MixConfig
from synthmix.config.sections.quality import QualityConfig
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig
from synthmix.config.sections.trainer import TrainerConfig
from synthmix.config.task import TaskConfig
from synthmix.errors import InvalidInput
from synthmix.spec import AnomalyProtocol, Extent, Outline

LEARNERS = ("clusterer", "detector")
GROUPS = ("data", "model", "gate", "representation", "task", *LEARNERS)
PARTS = ("data", "model", "gate", "representation", "task", "learner", "mix", "trainer", "tracking", "quality", "study")


@dataclass(kw_only=True, frozen=True)
class PathsConfig:
    """Keys of `paths`.

    Attributes:
        store: folder of the stages.
    """

    store: str = ".synthmix"


@dataclass(kw_only=True, frozen=True)
class CellConfig:
    """The whole config of one cell.

    Attributes:
        seed: of everything random.
        threads: of torch, OpenMP and BLAS; parallelism is by blocks of cells.
        clusterer, detector: the learner of the task, under the name of its group; the others are None.
        metrics: scores of the user's own, by name, beside those of the task.
    """

    seed: Annotated[int, Range(low=0, high=2**32 - 1)] = 0
    threads: Count = 1
    data: DataConfig
    model: ModelConfig
    gate: GateConfig
    mix: MixConfig = field(default_factory=MixConfig)
    representation: RepresentationConfig
    task: TaskConfig
    clusterer: ClustererConfig | None = field(default=None, metadata=LEFT_OUT)
    detector: DetectorConfig | None = field(default=None, metadata=LEFT_OUT)
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
        dataset = instantiate(self.data)
        return Extent(dataset.spec, len(dataset), None if dataset.test is None else len(dataset.test))

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
        """How many points train has, and where that number comes from."""
        if self.data.n_train is None:
            return self.outline.n_learn, "points to learn from"
        return self.data.n_train, "data.n_train"


def check(config: DictConfig) -> CellConfig:
    """Checks everything that can be known before any training; returns the typed config.

    Raises:
        InvalidInput: one line for each fault.
    """
    node = plain(config)
    node.pop("hydra", None)
    faults = check_node(CellConfig, node, "")
    if faults:
        raise InvalidInput(*faults)
    cell = build(CellConfig, node)
    as_its_parts_see_it: Cell = cell
    faults = [fault for part in PARTS for fault in getattr(cell, part).faults(as_its_parts_see_it)]
    if faults:
        raise InvalidInput(*dict.fromkeys(faults))
    return cell


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
    base: type[Member] = type_hints(CellConfig)[group]
    faults = member_faults(node, group, base)
    if faults:
        raise InvalidInput(*faults)
    return build_member(base, node)
