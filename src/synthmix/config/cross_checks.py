"""What the parts of a cell may read of each other when they check that they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from synthmix.config.parts import Parts
from synthmix.metric import Metric
from synthmix.spec import AnomalyProtocol, Outline


class _Data(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def normal_class(self) -> int | None: ...


class _Model(Protocol):
    incomplete_rows: ClassVar[str]

    @property
    def _target_(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Representation(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def fit_on(self) -> str: ...


class _Learner(Protocol):
    group: ClassVar[str]
    has_loss: ClassVar[bool | None]

    @property
    def _target_(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Mix(Protocol):
    @property
    def ratio(self) -> float: ...

    @property
    def synthetic_weight(self) -> float: ...


class _Task(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def metrics(self) -> Mapping[str, Metric]: ...

    @property
    def primary(self) -> Sequence[str]: ...

    @property
    def supervised(self) -> bool: ...

    @property
    def per_class(self) -> bool: ...


class _Trainer(Protocol):
    @property
    def resume_from(self) -> str | None: ...


class OwnMetric(Protocol):
    """A score of a user's own."""

    @property
    def _target_(self) -> str: ...

    @property
    def higher_is_better(self) -> bool | None:
        """None where it judges nothing."""
        ...

    @property
    def needs_labels(self) -> bool:
        """Whether its `update` is given labels."""
        ...


class Cell(Protocol):
    """A cell as its own parts see it: `CellConfig` without the types of its parts, which would refer to themselves."""

    @property
    def seed(self) -> int:
        """Of everything random."""
        ...

    @property
    def data(self) -> _Data:
        """Keys of the data set that others depend on."""
        ...

    @property
    def model(self) -> _Model:
        """The generator."""
        ...

    @property
    def mix(self) -> _Mix:
        """How synthetic points join the real ones."""
        ...

    @property
    def representation(self) -> _Representation:
        """The space in which the task is done."""
        ...

    @property
    def learner(self) -> _Learner:
        """That of the task."""
        ...

    @property
    def task(self) -> _Task:
        """What the mixture is for."""
        ...

    @property
    def anomaly_protocol(self) -> AnomalyProtocol | None:
        """What train is made of where anomalies are to be detected; None where it is as it comes."""
        ...

    @property
    def metrics(self) -> Mapping[str, OwnMetric]:
        """Scores of the user's own, by name."""
        ...

    @property
    def trainer(self) -> _Trainer:
        """How the generator is trained."""
        ...

    @property
    def outline(self) -> Outline:
        """What is known of the data before it is loaded. Raises InvalidInput where the set cannot be used."""
        ...

    @property
    def parts(self) -> Parts:
        """The sizes of the split. Raises InvalidInput where the set cannot be used."""
        ...

    @property
    def train_size(self) -> tuple[int, str]:
        """How many points train has, and where that number comes from."""
        ...
