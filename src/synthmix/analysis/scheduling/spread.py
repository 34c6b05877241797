"""The spread of paired differences, from the stored cells of any study: what a study that has not begun can detect."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthmix.config.cell import CellConfig
from synthmix.generators.roles import role_at
from synthmix.pipeline.resources import Resources
from synthmix.stages.key import key_of
from synthmix.study.asked import Asked
from synthmix.study.combination import arm_id, learner_name
from synthmix.study.record import Record

OF_AN_ARM = ("model", "gate", "mix", "trainer", "quality")  # parts that real points alone are scored without
LEAST_PAIRS = 3

Pair = tuple[Asked, Asked]  # a cell, and real points alone of the same seed


@dataclass(frozen=True)
class Spread:
    """The spread of the differences of stored arms.

    Attributes:
        sd: standard deviation over seeds, the median over the arms.
        arms: at one ratio each; generators only, where there are any.
        score: what the differences are of.
    """

    sd: float
    arms: int
    score: str


@dataclass(frozen=True)
class PlannedSetting:
    """What the spread depends on: the names of data set, representation and learner, the points, and the tuning."""

    data: str
    n: int
    representation: str
    learner: str
    tuning: str

    @classmethod
    def of(cls, config: Mapping[str, Any], n: int) -> PlannedSetting:
        """That of a plain config with `n` points of train."""
        tuning = config.get("tuning") or "none"
        return cls(config["data"]["name"], n, config["representation"]["name"], learner_name(config), tuning)

    def __str__(self) -> str:
        return f"{self.learner} on {self.representation}, {self.data} n={self.n}"


def stored_spread(
    setting: PlannedSetting, config: CellConfig, records: Iterable[Record], resources: Resources, most: int
) -> Spread | None:
    """The spread of the paired differences to real points alone that the store has of a setting.

    Args:
        setting: a planned one.
        config: of one of its cells, for the score.
        records: of all studies.
        resources: the store.
        most: results that are read, after which no other arm is begun.

    Returns:
        None where no arm has `LEAST_PAIRS` pairs.
    """
    pairs = _pairs(records, setting, resources)
    enough = sorted((of_arm for of_arm in pairs if len(of_arm) >= LEAST_PAIRS), key=len, reverse=True)
    generators = [of_arm for of_arm in enough if _is_generator(of_arm[0][0])]
    scores = _Scores([config.study.score] if config.study.score else config.task.primary, config.task.prefix, resources)
    spreads: list[float] = []
    for of_arm in generators or enough:
        differences = [scores.of(cell) - scores.of(alone) for cell, alone in of_arm]
        known = [difference for difference in differences if not math.isnan(difference)]
        if len(known) >= LEAST_PAIRS:
            spreads.append(statistics.stdev(known))
        if scores.read >= most:
            break
    return Spread(statistics.median(spreads), len(spreads), scores.name) if spreads else None


class _Scores:
    """Reads the primary score of stored cells: the first of these names that the first cell has.

    Attributes:
        name: of the score; empty before a cell has one.
    """

    def __init__(self, names: Sequence[str], prefix: str, resources: Resources) -> None:
        self.names, self.prefix, self.resources = names, prefix, resources
        self.name = ""
        self._known: dict[str, float] = {}

    @property
    def read(self) -> int:
        """How many results were read."""
        return len(self._known)

    def of(self, asked: Asked) -> float:
        """The score of a cell, NaN where it has none."""
        if asked.key not in self._known:
            result = asked.result(self.resources)
            metrics = result.metrics if result else {}
            has = (name for name in self.names if f"{self.prefix}/{name}" in metrics)
            self.name = self.name or next(has, "")
            self._known[asked.key] = metrics.get(f"{self.prefix}/{self.name}", math.nan)
        return self._known[asked.key]


def _pairs(records: Iterable[Record], setting: PlannedSetting, resources: Resources) -> list[Sequence[Pair]]:
    """The stored pairs of each arm at each of its ratios, over all studies."""
    alone: dict[tuple[str, int], Asked] = {}
    arms: dict[str, dict[int, Asked]] = defaultdict(dict)
    for asked in (asked for record in records for asked in (*record.cells.values(), *record.curve.values())):
        if PlannedSetting.of(asked.config, asked.n_train) != setting or not asked.keys.are_in(resources.store):
            continue
        seed = int(asked.config["seed"])
        if asked.config["mix"]["ratio"] == 0:
            alone[_without_arm(asked), seed] = asked
        else:
            arms[arm_id(asked.config)][seed] = asked
    return [
        [(cell, alone[_without_arm(cell), seed]) for seed, cell in cells.items() if (_without_arm(cell), seed) in alone]
        for cells in arms.values()
    ]


def _without_arm(asked: Asked) -> str:
    own = {key: value for key, value in asked.config.items() if key not in (*OF_AN_ARM, "seed")}
    own["data"] = {**own["data"], "n_train": asked.n_train}
    return key_of("setting", own)


def _is_generator(asked: Asked) -> bool:
    return role_at(asked.config["model"]["_target_"], asked.config["mix"]["ratio"]) == "generator"
