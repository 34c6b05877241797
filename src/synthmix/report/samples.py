"""Samples of a study's generators beside held-out real points, for its page: images at the first seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from torch import Tensor

from synthmix.analysis.collect import flat_config
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import cells_by_setting, written
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.plots.panels import Picture
from synthmix.plots.samples import image_sheets
from synthmix.spec import DataSpec
from synthmix.stages.key import key_of
from synthmix.study.asked import Asked
from synthmix.study.record import Record

MOST_ARMS = 5  # of whose samples a page shows a sheet
SHEET, COLUMNS = 36, 6  # images of a sheet, and of a row of it


@dataclass(frozen=True)
class Samples:
    """Points of one arm at one seed, before any gate.

    Attributes:
        arm: its name.
        seed: of the cell.
        synthetic: the beginning of its synthetic pool, (N, C, H, W).
        real: held-out points, which nothing has learnt from, (M, C, H, W).
        spec: of the data.
    """

    arm: str
    seed: int
    synthetic: Tensor
    real: Tensor
    spec: DataSpec


def samples_of(record: Record, result: StudyResult, resources: Resources) -> list[Samples]:
    """Of each generator in the first setting, where the store has its pool and its points are images.

    Empty where the data set cannot be read any more, as of a store that was copied.
    """
    if result.exploratory or result.cells.empty:
        return []
    setting = cells_by_setting(result)[0]
    seed, found = setting.seeds[0], []
    for arm in [arm for arm in setting.arms if arm.role == "generator"][:MOST_ARMS]:
        asked = _asked({**setting.keys, **arm.keys, "seed": seed}, record)
        if asked is None or asked.generator_key is None:
            continue
        pool = resources.store.find("pool", key_of("pool", {"generator": asked.generator_key, "block": 0}))
        if pool is None or pool.payload["x"].ndim != 4:
            continue
        try:
            test = resources.splits(asked.depends_on().config).test
        except InvalidInput:
            return []
        found.append(Samples(arm.name, seed, pool.payload["x"], test.x, test.spec))
    return found


def _asked(keys: Mapping[Any, Any], record: Record) -> Asked | None:
    """A cell with synthetic points that these keys are those of."""
    for asked in record.cells.values():
        flat = flat_config(asked)
        is_alike = all(pd.isna(value) or written(flat.get(key)) == written(value) for key, value in keys.items())
        if is_alike and asked.config["mix"]["ratio"] > 0:
            return asked
    return None


def sheet(samples: Sequence[Samples]) -> Picture:
    """The first samples of each arm, beside as many held-out points."""
    first = samples[0]
    groups = {"real, held out": first.real[:SHEET], **{one.arm: one.synthetic[:SHEET] for one in samples}}
    names = ", ".join(one.arm for one in samples)
    return Picture(
        name="samples",
        title="What the generators draw",
        figure=image_sheets(groups, first.spec, columns=COLUMNS),
        alt=f"{SHEET} held-out real images, and as many samples of {names}, at seed {first.seed}.",
        caption=f"The first points of each generator's synthetic pool at seed {first.seed}, before any gate and "
        "unselected, beside held-out real points. Pictures of each training are in "
        "its run.",
    )
