"""What a study has asked for: one combination of settings, with the keys of its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synthmix.config.cell import from_plain
from synthmix.config.plain import to_plain
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.errors import InvalidInput
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import CellResult, Keys, result_of
from synthmix.study.combination import asked_for, left_out


@dataclass(frozen=True)
class Asked:
    """One combination that was requested.

    Attributes:
        config: the plain config without what only says where it runs.
        n_train: points of train.
        key: of its cell, with the code that was current when it was last asked for.
        generator_key: of its trained generator; None at ratio 0 and for controls.
        quality_key: of the quality of its generator; None at ratio 0.
        digest: of the data set.
        elsewhere: the rest of the config, which makes no difference to the result.
        test_digest: of another data set, on which it is tested; None where it is tested on its own.
    """

    config: Mapping[str, Any]
    n_train: int
    key: str
    generator_key: str | None
    quality_key: str | None
    digest: str
    elsewhere: Mapping[str, Any] = field(default_factory=dict)
    test_digest: str | None = None

    @property
    def study(self) -> str | None:
        """The study whose command it is of; None of a single cell."""
        name: str | None = self.elsewhere.get("tracking", {}).get("study")
        return name

    @property
    def whole_config(self) -> dict[str, Any]:
        """The config that it was asked for with."""
        parts = {**self.config, **{key: part for key, part in self.elsewhere.items() if key not in self.config}}
        shared = {key: {**parts[key], **part} for key, part in self.elsewhere.items() if key in self.config}
        return {"tuning": "none", **parts, **shared}

    @property
    def alarm_limits(self) -> AlarmsConfig:
        """Those with which it was asked for."""
        return AlarmsConfig(**self.whole_config["quality"].get("alarms", {}))

    @property
    def keys(self) -> Keys:
        """Where the store has its result."""
        return Keys(self.key, self.quality_key)

    def depends_on(self) -> Dependencies:
        """What its stages depend on today. Raises InvalidInput where its config is none of today's."""
        return Dependencies(from_plain(self.whole_config), self.digest, self.n_train, self.test_digest)

    def stage_keys(self) -> Iterator[str]:
        """The keys of all stages that it needs, but for blocks of the pool and scores."""
        yield from filter(None, (self.key, self.quality_key, self.generator_key))
        try:
            depends_on = self.depends_on()
        except InvalidInput:
            return  # of a version with other keys, whose further stages nobody can ask for
        further = [depends_on.representation, depends_on.n_clusters, depends_on.tuning, depends_on.candidates]
        if depends_on.n_clusters is not None or depends_on.tuning is not None:
            further.append(depends_on.on_train.representation)
        if depends_on.n_synthetic:
            further.append(depends_on.generator)
        further.append(depends_on.pretraining)
        yield from (declared.key for declared in further if declared is not None)

    def result(self, resources: Resources) -> CellResult | None:
        """What is known of it; None where it is not computed, or where its config is none of today's."""
        try:
            depends_on = self.depends_on()
        except InvalidInput:
            return None
        return result_of(depends_on, self.keys, resources)

    @property
    def is_current(self) -> bool:
        """Whether today's code gives its cell the same key."""
        try:
            return self.depends_on().cell.key == self.key
        except InvalidInput:
            return False


def asked_of(depends_on: Dependencies) -> Asked:
    """What a cell is asked to be, with the keys that today's code gives it."""
    node, keys = to_plain(depends_on.config), Keys.of(depends_on)
    return Asked(
        config=asked_for(node),
        n_train=depends_on.n_train,
        key=keys.cell,
        generator_key=depends_on.generator.key if depends_on.is_trained else None,
        quality_key=keys.quality,
        digest=depends_on.digest,
        elsewhere=left_out(node),
        test_digest=depends_on.test_digest,
    )
