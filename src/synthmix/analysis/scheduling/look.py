"""A look at a sequential study: which of its arms are undecided, and what must be run on further seeds to decide them.

An arm of a setting that has a verdict at each of its ratios gets no more cells: its e-processes stop where they are,
and a supermartingale that is stopped by what it has shown is one still. Its generator need not be trained again, which
is what costs. The ratios of one arm stay on the same seeds, so that its curve does. Controls and real points alone go
on for as long as an arm of their setting does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.collect import collect, flat_config
from synthmix.analysis.judging import judged
from synthmix.analysis.setting_cells import Keys, SettingCells, cells_by_setting
from synthmix.pipeline.resources import Resources
from synthmix.study.asked import Asked
from synthmix.study.combination import arm_id
from synthmix.study.record import Record


@dataclass(frozen=True)
class Look:
    """What a look shows.

    Attributes:
        verdicts: how many there are: generators at their ratios in every setting.
        undecided: how many of them are undecided.
        open_arms: the generators that have an undecided one, by `arm_id`.
        goes_on: these and what they are compared with, by `arm_id`.
    """

    verdicts: int
    undecided: int
    open_arms: frozenset[str]
    goes_on: frozenset[str]


def look_at(record: Record, resources: Resources) -> Look:
    """Judges a sequential study by what the store has of it."""
    result = collect(record, resources, {})
    settings = cells_by_setting(result)
    verdicts = judged(result, settings)
    undecided = [(one.setting, one.arm) for one in verdicts if one.verdict.kind == "undecided"]
    decided = {(one.setting, one.arm) for one in verdicts} - {*undecided}
    open_settings = {setting for setting, _ in undecided}
    places = _places(record.cells.values(), settings)
    return Look(
        len(verdicts),
        len(undecided),
        frozenset(arm for arm, place in places.items() if place in undecided),
        frozenset(arm for arm, place in places.items() if place[0] in open_settings and place not in decided),
    )


def _places(cells: Iterable[Asked], settings: Sequence[SettingCells]) -> dict[str, tuple[int, str]]:
    """Of everything that was asked for, but for seeds, its setting and the name of its arm."""
    one_of_each: dict[str, Asked] = {arm_id(asked.config): asked for asked in cells}
    found = {}
    for arm, asked in one_of_each.items():
        config = flat_config(asked)
        number, setting = next((i, each) for i, each in enumerate(settings) if _has(config, each.keys))
        found[arm] = number, next(each.name for each in setting.arms if _has(config, each.keys))
    return found


def _has(config: Mapping[str, Any], keys: Keys) -> bool:
    """Whether a config has these values, as `setting_cells.rows_of` compares them."""
    return all(config.get(key) is None if pd.isna(value) else config.get(key) == value for key, value in keys.items())
