"""Warnings about a study: missing results and controls, low power, and gains that controls show too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from synthmix.analysis.exchange import curve_fault
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import SettingCells, alarms_of
from synthmix.analysis.statistics import ALPHA, seeds_needed, smallest_p, t_interval
from synthmix.notation import general, with_interval

REASONS = {
    "failed": "failed",
    "unavailable": "not available (the oracle's pool or what the gate lets through is too short)",
    "missing": "not computed yet",
}


def cautions(result: StudyResult, settings: Sequence[SettingCells], summaries: Sequence[pd.DataFrame]) -> list[str]:
    """A line for each caution; what holds in every setting is said once, without their titles.

    Args:
        result: the study.
        settings: the cells of its settings.
        summaries: the rows of `Analysis.summary` of each of them.
    """
    lines = list(_without_result(result))
    where: dict[str, list[str]] = {}
    for setting, summary in zip(settings, summaries, strict=True):
        for text in (
            *_lacking(setting),
            *_too_few_seeds(setting),
            *_unpaired(setting),
            *_alarmed(setting),
            *_hollow(setting, summary),
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


def _too_few_seeds(setting: SettingCells) -> Iterator[str]:
    tests, seeds = len(setting.pairs), max(setting.pairs, default=0)
    least = smallest_p(seeds, tests)
    if least > ALPHA:
        yield (
            f"too few seeds: {tests} tests on {seeds} seeds cannot give an adjusted p under {least:.2g}, whatever the "
            f"effect; {seeds_needed(tests)} seeds can reach {ALPHA:g}"
        )


def _unpaired(setting: SettingCells) -> Iterator[str]:
    """Arms whose seeds differ from the baseline's."""
    baseline = setting.baseline.index
    for arm in setting.arms:
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


def _hollow(setting: SettingCells, summary: pd.DataFrame) -> Iterator[str]:
    """Placebos with a gain, and gains not shown to exceed a control's."""
    sign = setting.sign
    gains = summary[(summary["difference_low"] if sign > 0 else -summary["difference_high"]) > 0]
    for row in gains[gains["role"] == "placebo"].to_dict("records"):
        effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
        yield f"the placebo {row['arm']} gains at ratio {general(row['mix.ratio'])}: {effect}"
    for row in gains[gains["role"] == "generator"].to_dict("records"):
        rivals = summary["role"].isin(["placebo", "control"]) & (summary["mix.ratio"] == row["mix.ratio"])
        leads = (_lead(setting, row["arm"], rival, row["mix.ratio"]) for rival in summary.loc[rivals, "arm"])
        unbeaten = ", ".join(filter(None, leads))
        if unbeaten:
            yield f"{row['arm']} at ratio {general(row['mix.ratio'])} gains, but is not shown to be ahead of {unbeaten}"


def _lead(setting: SettingCells, name: str, rival: str, ratio: float) -> str:
    """A control with the arm's paired lead on it; empty where the lead is significant."""
    arms = {arm.name: arm for arm in setting.arms}
    lead = setting.sign * (setting.scores(arms[name], ratio) - setting.scores(arms[rival], ratio)).dropna()
    interval = t_interval(lead)
    return f"{rival} ({with_interval(lead.mean(), *interval)})" if interval.low <= 0 else ""
