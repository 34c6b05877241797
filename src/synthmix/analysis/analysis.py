"""What a study says: effects with their intervals, tests, exchange rates and the best ratio, from its cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.best_ratio import best_ratios
from synthmix.analysis.cautions import cautions
from synthmix.analysis.comparison import Arm, Comparison, alarms_of, comparisons
from synthmix.analysis.exchange import exchange_rate, monotone_fit
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.analysis.statistics import holm, seeds_needed, sign_flip_p, smallest_p, t_interval

MEASURES = (
    *("arm", "role", "seeds", "mean", "sd", "low", "high"),
    *("difference", "difference_sd", "difference_low", "difference_high", "p", "p_holm"),
    *("exchange", "exchange_low", "exchange_high", "exchange_status", "exchange_reason", "fd", "alarms"),
)
CURVE = ("n", "source", "seeds", "mean", "sd", "low", "high", "fitted")
FAMILY = ("tests", "seeds", "smallest_p", "seeds_needed")
NO_RATE = {"exchange_status": "", "exchange_reason": ""}
DISTANCES = ("quality/fd_classifier", "quality/fd_pca")  # the first one that a block has


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The tables of a report. A *block* is everything but the arm, the ratio and the seed.

    The keys of a block are the learner's name (`clusterer.name`), `representation.name`, `data.name`, `data.n_train`
    and those other settings that vary and are not the arm's; an *arm* is a model with its settings
    (`comparison.OF_AN_ARM`).

    Attributes:
        score: column of the primary score, `cluster/ari` for instance.
        sign: -1 where it is better the lower it is, else 1.
        learner: config group of the task's learner, `clusterer` for instance.
        summary: a row for each combination of the keys but the seed, every arm with its ratio 0, asked for or not: the
            keys, `arm`, `role` (`role.Role`, or baseline), `seeds`, `mean`, `sd`, 95 % t interval of the mean in `low`
            and `high`, `difference` to real points alone of the same seeds with `difference_sd`, `difference_low` and
            `difference_high`, `p` of the sign-flip test, `p_holm` over the generators of the block, `exchange`,
            `exchange_low`, `exchange_high`, `exchange_status`, `exchange_reason` (`exchange.ExchangeRate`; empty at
            ratio 0 and for an oracle that is the curve), `fd`, the mean Fréchet distance, NaN where
            there is none, and `alarms`, those that ring over the arm's generator and in how many seeds.
        curve: a row for each block, number of real points and source: the keys of the block, `n`, `source` (real only,
            oracle), `seeds`, `mean`, `sd`, `low`, `high`, `fitted` (monotone).
        best: of `best_ratio.best_ratios`, a row for each block and arm.
        family: a row for each block: its keys, `tests` (generators at their ratios, as planned), `seeds` (most pairs of
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
    blocks = comparisons(result)
    summaries = [_corrected(pd.DataFrame(_summary(block), columns=_columns(result, MEASURES))) for block in blocks]
    return Analysis(
        score=result.score,
        sign=result.sign,
        learner=result.learner,
        summary=pd.concat(summaries, ignore_index=True),
        curve=pd.DataFrame([row for block in blocks for row in _curve(block)], columns=_of_block(blocks, CURVE)),
        best=best_ratios(blocks, result),
        family=pd.DataFrame([_family(block) for block in blocks], columns=_of_block(blocks, FAMILY)),
        warnings=cautions(result, blocks, summaries),
    )


def _columns(result: StudyResult, measures: Sequence[str]) -> list[str]:
    return [*(key for key in key_columns(result.cells) if key != "seed"), *measures]


def _of_block(blocks: Sequence[Comparison], measures: Sequence[str]) -> list[str]:
    return [*map(str, blocks[0].keys), *measures]


def _summary(block: Comparison) -> Iterator[dict[Any, Any]]:
    for arm in block.arms:
        keys = {**block.keys, **arm.keys, "arm": arm.name}
        yield {**keys, "mix.ratio": 0.0, "role": "baseline", **_spread(block.baseline), **NO_RATE, "alarms": ""}
        for ratio in arm.ratios:
            yield {**keys, "mix.ratio": ratio, "role": arm.role, **_effect(block, arm, ratio)}


def _effect(block: Comparison, arm: Arm, ratio: float) -> dict[str, Any]:
    """What an arm does at a ratio, beside real points alone of the same seeds."""
    cells = arm.at(ratio)
    differences = block.differences(arm, ratio)
    spread = _spread(differences)
    return {
        **_spread(block.scores(arm, ratio)),
        "difference": spread["mean"],
        **{f"difference_{name}": spread[name] for name in ("sd", "low", "high")},
        "p": sign_flip_p(differences),
        **_exchange(block, arm, ratio),
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


def _exchange(block: Comparison, arm: Arm, ratio: float) -> dict[str, Any]:
    scores = block.scores(arm, ratio)
    if arm.on_curve or scores.empty:
        return NO_RATE
    rate = exchange_rate(*block.oriented(scores.index), block.sign * scores, n=block.n, ratio=ratio)
    return {
        "exchange": rate.value,
        "exchange_low": rate.low,
        "exchange_high": rate.high,
        "exchange_status": rate.status,
        "exchange_reason": rate.reason,
    }


def _corrected(summary: pd.DataFrame) -> pd.DataFrame:
    """With Holm's correction over the generators of a block, those that failed included."""
    tested = summary["role"] == "generator"
    return summary.assign(p_holm=holm(summary["p"].where(tested), tests=int(tested.sum())))


def _family(block: Comparison) -> dict[Any, Any]:
    tests, seeds = len(block.pairs), max(block.pairs, default=0)
    return {
        **block.keys,
        "tests": tests,
        "seeds": seeds,
        "smallest_p": smallest_p(seeds, tests) if tests else math.nan,
        "seeds_needed": seeds_needed(tests) if tests else 0,
    }


def _curve(block: Comparison) -> Iterator[dict[Any, Any]]:
    if block.curve.empty:
        return
    sign = block.sign
    fitted = sign * pd.Series(monotone_fit(sign * block.curve.mean(), block.curve.count()), block.curve.columns)
    for source, of_source in (("real only", block.real_curve), ("oracle", block.oracle_curve)):
        for size in fitted.index.intersection(of_source.columns):
            spread = _spread(of_source[size].dropna())
            yield {**block.keys, "n": size, "source": source, **spread, "fitted": fitted[size]}
