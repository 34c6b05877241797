"""What is known over data sets, as a table, and the ranks of arms over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.data_sets.over import N_TRAIN, OF_DATA, Group, PooledVerdict
from synthmix.analysis.data_sets.pooled import Ranks, rank
from synthmix.analysis.judging import two_sided
from synthmix.analysis.verdicts.arms import Contrast

LEAST_FOR_RANKS = 3  # data sets
DIGITS = 12  # beyond which equal scores differ by rounding
MEASURES = (
    *("arm", "mix.ratio", "data_sets", "mean", "low", "high", "simultaneous_low", "simultaneous_high", "p_adjusted"),
    *("verdict", "margin", "relative", "between", "prediction_low", "prediction_high", "gain"),
    *("placebo", "lead", "lead_low", "lead_high"),
)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The ranks of a group's arms at one ratio.

    Attributes:
        title: of the group.
        ratio: synthetic points for each real one.
        ranks: of real points alone and of every arm but the oracle that all data sets have.
    """

    title: str
    ratio: float
    ranks: Ranks


def pooled_table(found: Sequence[Group], verdicts: Sequence[PooledVerdict], sign: int) -> pd.DataFrame:
    """A row for each pooled verdict, in the direction of the score.

    Args:
        found: the groups.
        verdicts: over their data sets.
        sign: of the primary score.

    Returns:
        The keys of the group, `arm`, `mix.ratio`, `data_sets` (their names), `mean` of the effects (shares of the
        baseline where `relative`) with the 95 % interval of Hartung and Knapp in `low` and `high`, and adjusted for all
        pooled verdicts in `simultaneous_low` and `simultaneous_high`; `p_adjusted` (two-sided), `verdict`, `margin`,
        `between` (standard deviation of true effects), `prediction_low` and `prediction_high` of the true effect on a
        new data set, `gain`, the probability that it is one; and the `lead` over the `placebo` that it is least ahead
        of.
    """
    told = {*OF_DATA} if len({str(group.keys[N_TRAIN]) for group in found}) < 2 else {*OF_DATA} - {N_TRAIN}
    keys = [str(key) for key in found[0].keys if key not in told] if found else []
    rows = [{**found[each.judged.setting].keys, **_row(each, sign)} for each in verdicts]
    return pd.DataFrame(rows, columns=[*keys, *MEASURES])


def rankings(found: Sequence[Group], sign: int) -> list[Ranking]:
    """The ranks by mean score over seeds of each group with three data sets at least, at each ratio."""
    return [ranking for group in found if len(group.settings) >= LEAST_FOR_RANKS for ranking in _rankings(group, sign)]


def _row(each: PooledVerdict, sign: int) -> dict[Any, Any]:
    judged, pooled = each.judged, each.pooled
    row: dict[Any, Any] = {
        "arm": judged.arm,
        "mix.ratio": judged.ratio,
        "data_sets": ", ".join(each.data_sets),
        "mean": sign * pooled.mean,
        "p_adjusted": two_sided(judged.effect),
        "verdict": judged.verdict.kind,
        "margin": judged.margin,
        "relative": each.relative,
        "between": pooled.between,
        "gain": pooled.gain,
        "placebo": "",
    }
    ends = {"": pooled.interval, "simultaneous_": _ends(judged.effect), "prediction_": pooled.prediction}
    for name, (low, high) in ends.items():
        row[f"{name}low"], row[f"{name}high"] = sorted((sign * low, sign * high))
    placebos = judged.to_placebos()
    if placebos:
        nearest = min(placebos, key=lambda contrast: contrast.mean)
        row |= {"placebo": nearest.against, "lead": sign * nearest.mean}
        row["lead_low"], row["lead_high"] = sorted(sign * end for end in _ends(nearest))
    return row


def _ends(contrast: Contrast) -> tuple[float, float]:
    return contrast.low, contrast.high


def _rankings(group: Group, sign: int) -> Iterator[Ranking]:
    ratios = sorted({ratio for setting in group.settings for arm in setting.arms for ratio in arm.ratios})
    for ratio in ratios:
        columns = {"real points alone": [float(setting.baseline.mean()) for setting in group.settings]}
        for setting_number, setting in enumerate(group.settings):
            for arm in setting.arms:
                if arm.role != "oracle" and ratio in arm.ratios:
                    empty = [math.nan] * len(group.settings)
                    columns.setdefault(arm.name, empty)[setting_number] = float(setting.scores(arm, ratio).mean())
        complete = {name: means for name, means in columns.items() if all(map(math.isfinite, means))}
        if len(complete) > 1:
            yield Ranking(
                title=group.title,
                ratio=ratio,
                ranks=rank(pd.DataFrame(complete).round(DIGITS).to_numpy(), list(complete), sign=sign),
            )
