"""The statistics of a study: effects with intervals, tests, exchange rates and best ratios."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.best_ratio import best_ratios
from synthmix.analysis.cautions import cautions
from synthmix.analysis.exchange import exchange_rate, monotone_fit
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.analysis.setting_cells import Arm, SettingCells, alarms_of, cells_by_setting
from synthmix.analysis.statistics import holm, seeds_needed, sign_flip_p, smallest_p, t_interval

MEASURES = (
    *("arm", "role", "seeds", "mean", "sd", "low", "high"),
    *("difference", "difference_sd", "difference_low", "difference_high", "p", "p_holm"),
    *("exchange", "exchange_low", "exchange_high", "exchange_status", "exchange_reason", "fd", "alarms"),
)
CURVE = ("n", "source", "seeds", "mean", "sd", "low", "high", "fitted")
FAMILY = ("tests", "seeds", "smallest_p", "seeds_needed")
NO_RATE = {"exchange_status": "", "exchange_reason": ""}
DISTANCES = ("quality/fd_classifier", "quality/fd_pca")  # the first one that a setting has


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The tables of a report. A *setting* is everything but the arm, the ratio and the seed.

    The keys of a setting are the learner's name (`clusterer.name`), `representation.name`, `data.name`, `data.n_train`
    and the other varying config keys that are not the arm's; an *arm* is a model with its config
    (`setting_cells.OF_AN_ARM`).

    Attributes:
        score: column of the primary score, `cluster/ari` for instance.
        sign: -1 where it is better the lower it is, else 1.
        learner: config group of the task's learner, `clusterer` for instance.
        summary: a row for each combination of the keys but the seed, every arm with its ratio 0, asked for or not: the
            keys, `arm`, `role` (`role.Role`, or baseline), `seeds`, `mean`, `sd`, 95 % t interval of the mean in `low`
            and `high`, `difference` to real points alone of the same seeds with `difference_sd`, `difference_low` and
            `difference_high`, `p` of the sign-flip test, `p_holm` over the generators of the setting, `exchange`,
            `exchange_low`, `exchange_high`, `exchange_status`, `exchange_reason` (`exchange.ExchangeRate`; empty at
            ratio 0 and for an oracle that is the curve), `fd`, the mean Fréchet distance, NaN where
            there is none, and `alarms`, those that the arm's generator raises and on how many seeds.
        curve: a row for each setting, number of real points and source: the setting's keys, `n`, `source` (real only,
            oracle), `seeds`, `mean`, `sd`, `low`, `high`, `fitted` (monotone).
        best: of `best_ratio.best_ratios`, a row for each setting and arm.
        family: a row for each setting: its keys, `tests` (planned: generators at their ratios), `seeds` (most pairs in
            a test), `smallest_p` (NaN without a test), `seeds_needed` to be able to reach .05.
        warnings: what a reader must know, a line each.
    """

    score: str
    sign: int
    learner: str
    summary: pd.DataFrame
    curve: pd.DataFrame
    best: pd.DataFrame
    family: pd.DataFrame
    warnings: Sequence[str]


def analyse(result: StudyResult) -> Analysis:
    """Computes every table of a report from a study's cells."""
    settings = cells_by_setting(result)
    summaries = [
        _corrected(pd.DataFrame(_summary(setting), columns=_columns(result, MEASURES))) for setting in settings
    ]
    return Analysis(
        score=result.score,
        sign=result.sign,
        learner=result.learner,
        summary=pd.concat(summaries, ignore_index=True),
        curve=pd.DataFrame(
            [row for setting in settings for row in _curve(setting)], columns=_of_setting(settings, CURVE)
        ),
        best=best_ratios(settings, result),
        family=pd.DataFrame([_family(setting) for setting in settings], columns=_of_setting(settings, FAMILY)),
        warnings=cautions(result, settings, summaries),
    )


def _columns(result: StudyResult, measures: Sequence[str]) -> list[str]:
    return [*(key for key in key_columns(result.cells) if key != "seed"), *measures]


def _of_setting(settings: Sequence[SettingCells], measures: Sequence[str]) -> list[str]:
    return [*map(str, settings[0].keys), *measures]


def _summary(setting: SettingCells) -> Iterator[dict[Any, Any]]:
    for arm in setting.arms:
        keys = {**setting.keys, **arm.keys, "arm": arm.name}
        yield {**keys, "mix.ratio": 0.0, "role": "baseline", **_spread(setting.baseline), **NO_RATE, "alarms": ""}
        for ratio in arm.ratios:
            yield {**keys, "mix.ratio": ratio, "role": arm.role, **_effect(setting, arm, ratio)}


def _effect(setting: SettingCells, arm: Arm, ratio: float) -> dict[str, Any]:
    """The effect of an arm at a ratio, paired with the real-only baseline by seed."""
    cells = arm.at(ratio)
    differences = setting.differences(arm, ratio)
    spread = _spread(differences)
    return {
        **_spread(setting.scores(arm, ratio)),
        "difference": spread["mean"],
        **{f"difference_{name}": spread[name] for name in ("sd", "low", "high")},
        "p": sign_flip_p(differences),
        **_exchange(setting, arm, ratio),
        "fd": next((cells[name].mean() for name in DISTANCES if name in cells and cells[name].notna().any()), math.nan),
        "alarms": ", ".join(f"{name} {int(by_seed.sum())}/{len(by_seed)}" for name, by_seed in alarms_of(arm).items()),
    }


def _spread(values: pd.Series[float]) -> dict[str, float]:
    interval = t_interval(values)
    return {
        "seeds": len(values),
        "mean": values.mean(),
        "sd": values.std(),
        "low": interval.low,
        "high": interval.high,
    }


def _exchange(setting: SettingCells, arm: Arm, ratio: float) -> dict[str, Any]:
    scores = setting.scores(arm, ratio)
    if arm.on_curve or scores.empty:
        return NO_RATE
    rate = exchange_rate(*setting.oriented(scores.index), setting.sign * scores, n=setting.n, ratio=ratio)
    return {
        "exchange": rate.value,
        "exchange_low": rate.low,
        "exchange_high": rate.high,
        "exchange_status": rate.status,
        "exchange_reason": rate.reason,
    }


def _corrected(summary: pd.DataFrame) -> pd.DataFrame:
    """With Holm's correction over the generators of a setting, those that failed included."""
    tested = summary["role"] == "generator"
    return summary.assign(p_holm=holm(summary["p"].where(tested), tests=int(tested.sum())))


def _family(setting: SettingCells) -> dict[Any, Any]:
    tests, seeds = len(setting.pairs), max(setting.pairs, default=0)
    return {
        **setting.keys,
        "tests": tests,
        "seeds": seeds,
        "smallest_p": smallest_p(seeds, tests) if tests else math.nan,
        "seeds_needed": seeds_needed(tests) if tests else 0,
    }


def _curve(setting: SettingCells) -> Iterator[dict[Any, Any]]:
    if setting.curve.empty:
        return
    sign = setting.sign
    fitted = sign * pd.Series(monotone_fit(sign * setting.curve.mean(), setting.curve.count()), setting.curve.columns)
    for source, of_source in (("real only", setting.real_curve), ("oracle", setting.oracle_curve)):
        for size in fitted.index.intersection(of_source.columns):
            spread = _spread(of_source[size].dropna())
            yield {**setting.keys, "n": size, "source": source, **spread, "fitted": fitted[size]}
