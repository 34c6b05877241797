"""Which truth the intervals of a setting speak of, and those that speak of the population."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.analysis.data_sets.population import Overlap, overlap, population_error, population_interval
from synthmix.analysis.data_sets.sizes import data_of
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import Arm, Keys, SettingCells
from synthmix.analysis.statistics import Interval

Array = NDArray[np.float64]


def overlap_of(result: StudyResult, keys: Keys) -> Overlap | None:
    """What the points of two seeds have in common in the setting of these keys; None where no cell has a result."""
    sizes = result.sizes.get(data_of(keys))
    if sizes is None:
        return None
    return overlap(
        n_points=sizes.n_points,
        n_train=int(keys["data.n_train"]),
        n_val=sizes.n_val,
        n_test=sizes.n_test,
        official_test=sizes.official_test,
    )


def population_of(setting: SettingCells, arm: Arm, ratio: float, common: Overlap | None) -> Interval:
    """The 95 % interval of an arm's difference that speaks of the population; NaN where nothing tells how wide it is.

    With an official test set the seeds tell nothing of its draw, and there is none.
    """
    d, d_val = setting.differences(arm, ratio), setting.differences_on_val(arm, ratio)
    if common is None or common.test == 1 or len(d) < 2 or not d.index.equals(d_val.index):
        return Interval(math.nan, math.nan)
    low, high = population_interval(d.to_numpy()[:, None], d_val.to_numpy()[:, None], common)
    return Interval(float(low[0]), float(high[0]))


def mean_and_error(d: Array, d_val: Array, common: Overlap | None) -> tuple[float, float] | None:
    """The mean of paired differences and its standard error: the population's where val tells it, else that of seeds.

    Args:
        d: (S,), on test; NaN where a seed has none.
        d_val: (S,), on val.
        common: of the points of two seeds.

    Returns:
        None with fewer than two differences.
    """
    there = np.isfinite(d)
    if there.sum() < 2:
        return None
    mean = float(d[there].mean())
    if common is None or not np.isfinite(d_val[there]).all():
        return mean, float(d[there].std(ddof=1) / math.sqrt(there.sum()))
    error, _ = population_error(d[there][:, None], d_val[there][:, None], common)
    return mean, float(error[0])
