"""The best ratio of an arm: chosen on val, reported on test, cross-fitted over seeds against selection bias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import Arm, SettingCells
from synthmix.analysis.statistics import t_interval

COLUMNS = (
    *("arm", "role", "chosen_by", "supervised", "ratio", "agreement", "val", "seeds"),
    *("mean", "difference", "difference_low", "difference_high"),
)


def best_ratios(settings: Sequence[SettingCells], result: StudyResult) -> pd.DataFrame:
    """Each arm's ratio (0 included) with the best mean score on val, and the effect of this choice on test.

    Val and test of a seed are scored with the same fitted learner, so that their errors correlate and the plain
    difference on test at the chosen ratio is biased upwards. The choice is therefore cross-fitted: each half of the
    seeds is scored on test at the ratio that the other half chooses on val. Without an effect the difference has mean
    zero for any number of ratios, and its interval covers zero in 95 % of simulated studies (ten seeds, eight ratios;
    90 % with leave-one-out instead of halves).

    Args:
        settings: the cells of one study's settings.
        result: the study, which says by which score on val a ratio is chosen.

    Returns:
        A row for each setting and arm with at least two seeds of every ratio that could be computed: the keys of the
        setting and the arm, `arm`, `role`, `chosen_by`, `supervised` (the score needs labels), `ratio` and `val` (its
        mean there), `agreement` (share of the seeds that are scored at that ratio too: 0, about .5 or 1), `seeds`,
        `mean` on test, `difference` to ratio 0 with its 95 % t interval; NaN where ratio 0 is the choice of all and of
        both halves. Empty where nothing chooses.
    """
    rows = [row for setting in settings for arm in setting.arms for row in _row(setting, arm, result)]
    keys = list(
        dict.fromkeys(key for setting in settings for arm in setting.arms for key in (*setting.keys, *arm.keys))
    )
    return pd.DataFrame(rows, columns=[*keys, *COLUMNS])


def _row(setting: SettingCells, arm: Arm, result: StudyResult) -> Iterator[dict[Any, Any]]:
    if result.choose_by is None:
        return
    metric = result.metrics[result.choose_by]
    val, test = (_by_ratio(setting, arm, column) for column in (f"val/{result.choose_by}", setting.score))
    ratios = [ratio for ratio in val if ratio in test]
    seeds = val[ratios].dropna().index.intersection(test[ratios].dropna().index)
    if len(ratios) < 2 or ratios[0] != 0 or len(seeds) < 2:
        return
    on_val, on_test = (table.loc[seeds, ratios].to_numpy() for table in (val, test))
    best, crossed = choices(metric.sign * on_val)
    scores = on_test[np.arange(len(seeds)), crossed]
    difference = scores - on_test[:, 0]
    interval = t_interval(difference)
    yield {
        **setting.keys,
        **arm.keys,
        "arm": arm.name,
        "role": arm.role,
        "chosen_by": result.choose_by,
        "supervised": metric.needs_labels,
        "ratio": ratios[best],
        "agreement": (crossed == best).mean(),
        "val": on_val[:, best].mean(),
        "seeds": len(seeds),
        "mean": scores.mean(),
        **(
            {"difference": difference.mean(), "difference_low": interval.low, "difference_high": interval.high}
            if best or crossed.any()
            else {}
        ),
    }


def _by_ratio(setting: SettingCells, arm: Arm, column: str) -> pd.DataFrame:
    """A metric, (seeds, ratios), of the ratios that have it, ratio 0 first."""
    cells = {0.0: setting.real} | {ratio: arm.at(ratio) for ratio in arm.ratios}
    scores = {ratio: of_ratio[column].dropna() for ratio, of_ratio in cells.items() if column in of_ratio}
    return pd.DataFrame({ratio: of_ratio for ratio, of_ratio in scores.items() if len(of_ratio)})


def choices(val: NDArray[np.float64]) -> tuple[int, NDArray[np.intp]]:
    """The column of `val` (S, R), S from 2, with the highest mean, and for each row (S,) that of the other half's rows.

    Rows of even and of odd number are the halves; of equal columns the first is chosen.
    """
    halves = np.arange(len(val)) % 2
    of_half = np.array([val[halves == half].mean(axis=0).argmax() for half in (0, 1)])
    return int(val.mean(axis=0).argmax()), of_half[1 - halves]
