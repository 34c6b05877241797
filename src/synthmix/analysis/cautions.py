"""Warnings about a study: missing results and controls, low power, and gains that controls show too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synthmix.analysis.exchange import curve_fault
from synthmix.analysis.judging import Judged
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import SettingCells, alarms_of
from synthmix.analysis.statistics import t_interval
from synthmix.analysis.verdicts.planning import fewest_seeds
from synthmix.notation import general, with_interval

REASONS = {
    "failed": "failed",
    "unavailable": "not available (the oracle's pool or what the gate lets through is too short)",
    "missing": "not computed yet",
}

ROUNDING = 1e-4  # of a score: copies sum in another order, and single precision has seven digits


def cautions(result: StudyResult, settings: Sequence[SettingCells], verdicts: Sequence[Judged]) -> list[str]:
    """A line for each caution; what holds in every setting is said once, without their titles.

    Args:
        result: the study.
        settings: the cells of its settings.
        verdicts: on its generators.
    """
    lines = [*_without_result(result), *_later_seeds(result)]
    where: dict[str, list[str]] = {}
    for number, setting in enumerate(settings):
        own = [one for one in verdicts if one.setting == number]
        for text in (
            *_lacking(setting),
            *_untuned(setting, result),
            *(() if result.exploratory else _too_few_seeds(setting)),
            *_unpaired(setting, result),
            *_alarmed(setting),
            *_gaining_placebos(setting),
            *_skewed(own),
        ):
            where.setdefault(text, []).append(setting.title)
    for text, titles in where.items():
        lines.append(text if len(titles) == len(settings) else f"{'; '.join(titles)}: {text}")
    return lines


def _without_result(result: StudyResult) -> Iterator[str]:
    counts = result.cells["status"].value_counts()
    parts = [f"{counts[status]} {reason}" for status, reason in REASONS.items() if status in counts]
    if parts:
        yield (
            f"{counts.drop('finished', errors='ignore').sum()} of {len(result.cells)} cells have no result: "
            + ", ".join(parts)
        )


def _lacking(setting: SettingCells) -> Iterator[str]:
    """Baselines and controls that a setting lacks."""
    models = {arm.model for arm in setting.arms if arm.ratios}
    if not models:
        return
    if setting.baseline.empty:
        yield f"no finished cell of the {setting.n} real points alone: nothing to compare with"
    if "duplicate" not in models:
        yield "no placebo (model=duplicate): a gain may be what mere copies of the real points bring"
    if not models & {"real", "truth"}:
        yield "no oracle (model=real): unknown whether more points of any kind would help"
    elif "real" in models and not len(setting.oracle_curve.columns):
        yield "the oracle's points are weighted, gated or not available: the learning curve ends at n"
    fault = curve_fault(*setting.oriented())
    if fault:
        yield f"no exchange rate: {fault}"


def _later_seeds(result: StudyResult) -> Iterator[str]:
    """Seeds that were added once a study was planned: to decide again with them is optional stopping."""
    if result.planned_seeds is None:
        return
    later = sorted(set(result.cells["seed"]) - set(result.planned_seeds))
    if later:
        yield (
            f"{len(later)} seeds were added to the {len(result.planned_seeds)} that were planned; they are in "
            "cells.csv and in nothing else, since a study that goes on until it shows something finds effects that "
            "are not there (study.sequential=true may go on)"
        )


def _untuned(setting: SettingCells, result: StudyResult) -> Iterator[str]:
    learner = setting.keys[f"{result.learner}.name"]
    if learner in result.untuned and setting.keys.get("tuning") != "held_out" and setting.pairs:
        yield (
            f"{result.learner}={learner} has settings to tune and was not tuned (tuning=none): a gain may be what "
            "tuning without labels brings too, so that no generator is said to help"
        )


def _too_few_seeds(setting: SettingCells) -> Iterator[str]:
    seeds = max(setting.pairs, default=0)
    if setting.pairs and seeds < fewest_seeds():
        yield f"too few seeds: {seeds} can show neither help nor harm, whatever the effect; it takes {fewest_seeds()}"


def _unpaired(setting: SettingCells, result: StudyResult) -> Iterator[str]:
    """Arms whose seeds differ from the baseline's; those that a sequential study has decided get no more by design."""
    for arm in setting.arms:
        asked = arm.cells["seed"].unique() if result.sequential else setting.baseline.index
        baseline = setting.baseline.index[setting.baseline.index.isin(asked)]
        for ratio in arm.ratios:
            seeds, pairs = setting.scores(arm, ratio).index, setting.differences(arm, ratio)
            if len(baseline) and len(seeds) and not seeds.equals(baseline):
                yield (
                    f"{arm.name} at ratio {general(ratio)} has {len(seeds)} seeds, real points alone {len(baseline)}: "
                    f"compared on the {len(pairs)} of both"
                )


def _alarmed(setting: SettingCells) -> Iterator[str]:
    """Alarms of generators under test; those of controls are expected, as copies are meant to be copies."""
    for arm in setting.arms:
        raised = alarms_of(arm) if arm.role == "generator" else {}
        if raised:
            listed = ", ".join(
                f"{name} ({int(by_seed.sum())} of {len(by_seed)} seeds)" for name, by_seed in raised.items()
            )
            yield f"{arm.name} is plainly broken in some way: alarm {listed}; tags synthmix.alarm.* of its runs say why"


def _gaining_placebos(setting: SettingCells) -> Iterator[str]:
    """Copies that come with a gain: the learner, not the points, makes the difference."""
    for arm in setting.arms:
        for ratio in arm.ratios if arm.role == "placebo" else ():
            gains = setting.sign * setting.differences(arm, ratio)
            interval = t_interval(gains)
            if interval.low > ROUNDING * abs(setting.baseline.mean()):
                low, high = sorted((setting.sign * interval.low, setting.sign * interval.high))
                effect = with_interval(setting.sign * float(gains.mean()), low, high)
                yield f"the placebo {arm.name} gains at ratio {general(ratio)}: {effect}"


def _skewed(own: Sequence[Judged]) -> Iterator[str]:
    """Differences whose distribution puts the level of intervals and tests in doubt."""
    skewed = [one for one in own if one.effect.skewed]
    if skewed:
        named = ", ".join(f"{one.arm} at ratio {general(one.ratio)}" for one in skewed)
        yield (
            f"the differences of {named} are skewed, or one seed is far from the others: where one seed in five "
            "collapses, an interval that should fail in one of twenty studies fails in more"
        )
