"""The statistics of a study: effects with intervals, tests, exchange rates and best ratios."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from synthmix.analysis.best_by_labels import best_by_labels
from synthmix.analysis.best_ratio import best_ratios
from synthmix.analysis.cautions import cautions
from synthmix.analysis.data_sets.over import PooledVerdict, groups, over_data_sets
from synthmix.analysis.data_sets.population import Overlap
from synthmix.analysis.data_sets.speaks_of import overlap_of, population_of
from synthmix.analysis.data_sets.summary import Ranking, pooled_table, rankings
from synthmix.analysis.exchange import exchange_rate, monotone_fit
from synthmix.analysis.facts import facts
from synthmix.analysis.judging import Judged, interim, judged, two_sided
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.analysis.setting_cells import Arm, SettingCells, alarms_of, cells_by_setting
from synthmix.analysis.statistics import sign_flip_p, smallest_p, t_interval
from synthmix.analysis.verdicts.arms import Contrast
from synthmix.analysis.verdicts.planning import detectable_effect

MEASURES = (
    *("arm", "role", "seeds", "mean", "sd", "low", "high"),
    *("difference", "difference_sd", "difference_low", "difference_high", "p"),
    *("verdict", "simultaneous_low", "simultaneous_high", "p_adjusted", "p_setting", "more_seeds"),
    *("placebo", "lead", "lead_low", "lead_high", "lead_p"),
    *("configured", "configured_low", "configured_high", "tuned_share"),
    *("population_low", "population_high"),
    *("exchange", "exchange_low", "exchange_high", "exchange_status", "exchange_reason", "fd", "alarms"),
)
CURVE = ("n", "source", "seeds", "mean", "sd", "low", "high", "fitted")
FAMILY = (
    *("tests", "seeds", "smallest_p", "margin", "sd", "detectable"),
    *("as_configured", "tuning", "tuning_low", "tuning_high"),
)
UNJUDGED = {"verdict": "", "placebo": ""}
NO_RATE = {"exchange_status": "", "exchange_reason": ""}
DISTANCES = ("quality/fd_classifier", "quality/fd_pca")  # the first one that every data set has


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
        judges_learner: whether the primary score judges what the learner makes of the represented points.
        summary: a row for each combination of the keys but the seed, every arm with its ratio 0, asked for or not: the
            keys, `arm`, `role` (`role.Role`, or baseline), `seeds`, `mean`, `sd`, 95 % t interval of the mean in `low`
            and `high`, `difference` to real points alone of the same seeds with `difference_sd`, `difference_low` and
            `difference_high` (t interval of this difference by itself), `p` of the sign-flip test by itself. Of
            generators, adjusted for the whole study: `verdict` (`verdicts.arms.Kind`), `simultaneous_low` and
            `simultaneous_high`, `p_adjusted` (two-sided; `p_setting` for the setting alone), `more_seeds` that would
            decide; `lead` over the `placebo` that it is least ahead of, with `lead_low`, `lead_high`, `lead_p`;
            `configured`, the difference with the learner at default settings, with its ends, and `tuned_share`, the
            share of it that tuning alone brings to real points. `population_low` and `population_high`, of generators,
            the 95 % interval of the difference that speaks of the population of points, not of this data set alone
            (`data_sets.population`), each by itself. `exchange`, `exchange_low`, `exchange_high`,
            `exchange_status`, `exchange_reason` (`exchange.ExchangeRate`; empty at ratio 0 and for an oracle that is
            the curve), `fd`, the mean Fréchet distance, NaN where there is none, and `alarms`, those that the arm's
            generator raises and on how many seeds.
        curve: a row for each setting, number of real points and source: the setting's keys, `n`, `source` (real only,
            oracle), `seeds`, `mean`, `sd`, `low`, `high`, `fitted` (monotone).
        best: of `best_ratio.best_ratios`, a row for each setting and arm.
        family: a row for each setting: its keys, `tests` (generators at their ratios), `seeds` (most pairs in a test),
            `smallest_p` that these can attain (NaN without a test), `margin`, `sd` (median over the tests), and the
            `detectable` effect: the least that is found with a power of .8. Of real points alone: the mean
            `as_configured`, with the learner at default settings, and what `tuning` it changes, with its t interval.
        verdicts: on each generator at each ratio.
        over: of a study of several data sets, the verdicts over them; `judged.setting` is the place in `groups`.
        groups: the titles of what is pooled.
        pooled: of `data_sets.summary.pooled_table`, a row for each of `over`.
        rankings: of arms over data sets, where these are three at least.
        exploratory: whether the cells are of several studies: then there is no p and no verdict.
        sequential: whether the study may be looked at after any seed, by other tests and intervals.
        interim: why there are no verdicts yet; empty where there are.
        warnings: what puts results in doubt, a line each.
        by_labels: of `best_by_labels.best_by_labels`, a row for each tuned setting with labels.
        facts: what a reader must know of data and learners, a sentence each.
        unit: of the primary score; empty for a pure number.
        supervised: whether labels of train reach the learner.
        distance: the Fréchet distance in `fd`, `fd_pca` for instance; `fd` where data sets have none in common.
    """

    score: str
    sign: int
    learner: str
    summary: pd.DataFrame
    curve: pd.DataFrame
    best: pd.DataFrame
    family: pd.DataFrame
    verdicts: Sequence[Judged]
    over: Sequence[PooledVerdict]
    groups: Sequence[str]
    pooled: pd.DataFrame
    rankings: Sequence[Ranking]
    exploratory: bool
    sequential: bool
    interim: str
    warnings: Sequence[str]
    by_labels: pd.DataFrame
    facts: Sequence[str] = ()
    unit: str = ""
    supervised: bool = False
    judges_learner: bool = True
    distance: str = "fd"


def analyse(result: StudyResult) -> Analysis:
    """Computes every table of a report from a study's cells."""
    settings = cells_by_setting(result)
    verdicts = judged(result, settings)
    by_row = {(one.setting, one.arm, one.ratio): one for one in verdicts}
    pooled_groups = groups(settings, result)
    over = over_data_sets(result, pooled_groups)
    summaries, distances = [], distances_of(result.cells)
    for number, setting in enumerate(settings):
        alone = judged(result, [setting]) if len(settings) > 1 else verdicts
        by_arm, common = {(one.arm, one.ratio): one for one in alone}, overlap_of(result, setting.keys)
        rows = _summary(setting, number, by_row, by_arm, common, distances)
        table = pd.DataFrame(rows, columns=_columns(result, MEASURES))
        summaries.append(table.assign(p=math.nan) if result.exploratory else table)
    n_contrasts = sum(len(one.verdict.contrasts) for one in verdicts)
    families = [_family(setting, number, verdicts, n_contrasts) for number, setting in enumerate(settings)]
    return Analysis(
        score=result.score,
        sign=result.sign,
        learner=result.learner,
        summary=pd.concat(summaries, ignore_index=True),
        curve=pd.DataFrame(
            [row for setting in settings for row in _curve(setting)], columns=_of_setting(settings, CURVE)
        ),
        best=best_ratios(settings, result),
        family=pd.DataFrame(families, columns=_of_setting(settings, FAMILY)),
        verdicts=verdicts,
        over=over,
        groups=[group.title for group in pooled_groups],
        pooled=pooled_table(pooled_groups, over, result.sign),
        rankings=[] if result.exploratory else rankings(pooled_groups, result.sign),
        exploratory=result.exploratory,
        sequential=result.sequential,
        interim=interim(result),
        warnings=cautions(result, settings, verdicts),
        by_labels=best_by_labels(result, settings),
        facts=facts(result, settings),
        unit=result.metrics[result.score.rpartition("/")[2]].unit,
        supervised=result.supervised,
        judges_learner=result.judges_learner,
        distance=distances[0].rpartition("/")[2] if len(distances) == 1 else "fd",
    )


def distances_of(cells: pd.DataFrame) -> Sequence[str]:
    """The columns that `fd` is taken from: the first that every data set has, else each setting's own."""
    synthetic = cells[cells["mix.ratio"] > 0]
    known = [name for name in DISTANCES if name in cells]
    everywhere = synthetic.groupby("data.name")[known].count().gt(0).all()
    return [name for name in known if everywhere[name]][:1] or DISTANCES


def _columns(result: StudyResult, measures: Sequence[str]) -> list[str]:
    return [*(key for key in key_columns(result.cells) if key != "seed"), *measures]


def _of_setting(settings: Sequence[SettingCells], measures: Sequence[str]) -> list[str]:
    return [*map(str, settings[0].keys), *measures]


def _summary(
    setting: SettingCells,
    number: int,
    verdicts: Mapping[tuple[int, str, float], Judged],
    alone: Mapping[tuple[str, float], Judged],
    common: Overlap | None,
    distances: Sequence[str],
) -> Iterator[dict[Any, Any]]:
    for arm in setting.arms:
        keys = {**setting.keys, **arm.keys, "arm": arm.name}
        baseline = {**_spread(setting.baseline), **UNJUDGED, **NO_RATE, "alarms": ""}
        yield {**keys, "mix.ratio": 0.0, "role": "baseline", **baseline}
        for ratio in arm.ratios:
            judgement = verdicts.get((number, arm.name, ratio))
            of_verdict = (
                _of_verdict(judgement, alone.get((arm.name, ratio)), setting)
                if judgement
                else {**UNJUDGED, **_configured(setting, arm, ratio)}
            )
            if arm.role == "generator":
                low, high = population_of(setting, arm, ratio, common)
                of_verdict = {**of_verdict, "population_low": low, "population_high": high}
            effect = _effect(setting, arm, ratio, distances)
            yield {**keys, "mix.ratio": ratio, "role": arm.role, **effect, **of_verdict}


def _of_verdict(one: Judged, alone: Judged | None, setting: SettingCells) -> dict[str, Any]:
    """What is known of a generator's row beside its difference, in the direction of the score."""
    found: dict[str, Any] = {"verdict": one.verdict.kind, "more_seeds": one.verdict.more_seeds, "placebo": ""}
    low, high = _directed(one.effect, setting.sign)
    found |= {"simultaneous_low": low, "simultaneous_high": high, "p_adjusted": two_sided(one.effect)}
    found |= {"p_setting": two_sided(alone.effect)} if alone else {}
    placebos = one.to_placebos()
    if placebos:
        nearest = min(placebos, key=lambda contrast: contrast.mean if contrast.seeds else math.inf)
        low, high = _directed(nearest, setting.sign)
        found |= {"placebo": nearest.against, "lead": setting.sign * nearest.mean, "lead_p": two_sided(nearest)}
        found |= {"lead_low": low, "lead_high": high}
    if one.at_default is not None:
        low, high = _directed(one.at_default, setting.sign)
        gain = one.at_default.mean
        found |= {"configured": setting.sign * gain, "configured_low": low, "configured_high": high}
        found |= {"tuned_share": setting.sign * setting.tuning.mean() / gain if gain > 0 else math.nan}
    return found


def _configured(setting: SettingCells, arm: Arm, ratio: float) -> dict[str, float]:
    """The effect of an arm that is not judged where the learner is as configured, with an interval by itself."""
    spread = _spread(setting.differences_as_configured(arm, ratio))
    return {f"configured{end}": spread[name] for end, name in (("", "mean"), ("_low", "low"), ("_high", "high"))}


def _directed(contrast: Contrast, sign: int) -> tuple[float, float]:
    """The ends of its simultaneous interval as those of a difference of scores."""
    ends = sorted((sign * contrast.low, sign * contrast.high))
    return ends[0], ends[1]


def _effect(setting: SettingCells, arm: Arm, ratio: float, distances: Sequence[str]) -> dict[str, Any]:
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
        "fd": next((cells[name].mean() for name in distances if name in cells and cells[name].notna().any()), math.nan),
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


def _family(setting: SettingCells, number: int, verdicts: Sequence[Judged], tests: int) -> dict[Any, Any]:
    """What the tests of a setting can show; the family is that of the whole study."""
    own = [one for one in verdicts if one.setting == number]
    seeds = max(setting.pairs, default=0)
    spreads = [one.effect.sd for one in own if one.effect.seeds > 1]
    sd = median(spreads) if spreads else math.nan
    return {
        **setting.keys,
        "tests": len(setting.pairs),
        "seeds": seeds,
        "smallest_p": smallest_p(seeds) if setting.pairs else math.nan,
        "margin": own[0].margin if own else math.nan,
        "sd": sd,
        "detectable": detectable_effect(sd, seeds, tests) if spreads else math.nan,
        "as_configured": setting.configured[setting.score].mean() if len(setting.configured) else math.nan,
        "tuning": setting.tuning.mean(),
        **dict(zip(("tuning_low", "tuning_high"), t_interval(setting.tuning), strict=True)),
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
