"""The verdicts of a study: the scores of its arms as the engine takes them, and what it says in units of the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import Arm, SettingCells
from synthmix.analysis.verdicts.arms import ArmConfigured, ArmScores, ArmVerdict, Contrast
from synthmix.analysis.verdicts.engine import judge
from synthmix.analysis.verdicts.sequential import judge_sequential

MARGIN = 0.02  # of a score between -1 and 1, and as a part of the baseline of one without bounds
IN_UNITS = ("mean", "sd", "low", "high", "lower", "upper")  # the numbers of a contrast that are differences


@dataclass(frozen=True)
class Judged:
    """The verdict on one generator at one ratio of one setting.

    Attributes:
        setting: place of the setting in the study.
        arm: name of the generator's arm.
        ratio: synthetic points for each real one.
        verdict: with its contrasts in units of the score, above zero where the arm is better.
        margin: the smallest difference that matters, likewise.
    """

    setting: int
    arm: str
    ratio: float
    verdict: ArmVerdict
    margin: float

    @property
    def effect(self) -> Contrast:
        """The contrast to real points alone."""
        return self.verdict.contrasts[0]

    @property
    def at_default(self) -> Contrast | None:
        """The contrast to real points alone, both with the learner at default settings; None where nothing is tuned."""
        return next((each for each in self.verdict.contrasts if each.role == "default_baseline"), None)

    def to_placebos(self) -> list[Contrast]:
        """The contrasts to the placebos."""
        return [contrast for contrast in self.verdict.contrasts if contrast.role == "placebo"]


def judged(result: StudyResult, settings: Sequence[SettingCells]) -> list[Judged]:
    """The verdict on every generator at every ratio: one family over all settings of the study.

    Empty where a study with a planned number of seeds is not over (`interim`), and where its cells were selected from
    several studies.
    """
    if result.exploratory or interim(result):
        return []
    places = [
        (number, arm, ratio)
        for number, setting in enumerate(settings)
        for arm in setting.arms
        if arm.role == "generator"
        for ratio in arm.ratios
    ]
    units = [_unit(setting, result) for setting in settings]
    known = dict.fromkeys(seed for setting in settings for seed in setting.seeds)
    seeds = [seed for seed in result.planned_seeds or known if seed in known]
    arms = [
        arm_scores(settings[number], arm, ratio, result, units[number], seeds, str(place))
        for place, (number, arm, ratio) in enumerate(places)
    ]
    margin = MARGIN if result.margin is None else result.margin
    verdicts = (judge_sequential if result.sequential else judge)(arms, margin=margin)
    return [
        Judged(number, arm.name, ratio, _in_units(verdict, units[number]), margin * units[number])
        for (number, arm, ratio), verdict in zip(places, verdicts, strict=True)
    ]


def two_sided(contrast: Contrast) -> float:
    """The adjusted two-sided p of a contrast."""
    return min(1.0, 2 * min(contrast.p_above, contrast.p_below))


def interim(result: StudyResult) -> str:
    """Why a study with a planned number of seeds has no verdicts yet; empty where it has."""
    if result.sequential or result.planned_seeds is None:
        return ""
    if result.seeds_to_come:
        return f"{result.seeds_to_come} of the planned seeds have not been asked for yet"
    cells = result.cells[result.cells["seed"].isin(result.planned_seeds)]
    missing = int((cells["status"] == "missing").sum())
    if not missing:
        return ""
    return f"{missing} of {len(cells)} cells of the {len(result.planned_seeds)} planned seeds are not computed yet"


def _unit(setting: SettingCells, result: StudyResult) -> float:
    """What a difference counts in: the score itself, or the size of the baseline where the score has no bounds."""
    bounded = result.metrics[result.score.rpartition("/")[2]].worst is not None
    size = abs(float(setting.baseline.mean())) if len(setting.baseline) else 0.0
    return 1.0 if bounded or result.margin is not None or not size > 0 else size


def arm_scores(
    setting: SettingCells,
    arm: Arm,
    ratio: float,
    result: StudyResult,
    unit: float,
    seeds: Sequence[int],
    name: str,
    *,
    score: str | None = None,
) -> ArmScores:
    """An arm beside its rivals of the same ratio; a rival whose points are weighted or gated is one all the same.

    Args:
        setting: the cells of the setting.
        arm: a generator's, of the setting.
        ratio: one of its ratios.
        result: the study.
        unit: what the scores are divided by.
        seeds: the rows.
        name: of the arm in its family.
        score: another column than that of the primary score, such as the same on val.
    """

    def scores(cells: pd.DataFrame) -> NDArray[np.float64]:
        name = score or setting.score
        column = cells[name] if name in cells else pd.Series(dtype=float)
        return setting.sign * column.reindex(list(seeds)).to_numpy(dtype=float) / unit

    rivals = {rival.name: rival for rival in setting.arms if ratio in rival.ratios}
    placebos = {name: rival for name, rival in rivals.items() if rival.role == "placebo"}
    noise = {name: rival for name, rival in rivals.items() if rival.role == "control"}
    configured = None
    if len(arm.configured):
        configured = ArmConfigured(
            scores(arm.configured_at(ratio)),
            scores(setting.configured),
            {name: scores(rival.configured_at(ratio)) for name, rival in placebos.items()},
        )
    failed = [seed for seed in arm.failed_at(ratio) if seed in setting.baseline.index]
    return ArmScores(
        name=name,
        scores=scores(arm.at(ratio)),
        baseline=scores(setting.real),
        placebo={name: scores(rival.at(ratio)) for name, rival in placebos.items()},
        controls={name: ("noise", scores(rival.at(ratio))) for name, rival in noise.items()},
        configured=configured,
        tuned=_is_tuned(setting, result),
        diverged=len(failed),
        worst=_worst(setting, result) / unit,
        unit=setting.sign * unit,
    )


def _is_tuned(setting: SettingCells, result: StudyResult) -> bool:
    """Whether the learner was tuned, or has nothing to tune."""
    untuned = str(setting.keys[f"{result.learner}.name"]) in result.untuned
    return not untuned or setting.keys.get("tuning") == "held_out"


def _worst(setting: SettingCells, result: StudyResult) -> float:
    """The worst score that was seen in a setting, or what an answer that has nothing to do with the data scores."""
    seen = [setting.sign * setting.real_curve.to_numpy(dtype=float).ravel(), setting.sign * setting.baseline.to_numpy()]
    seen += [setting.sign * setting.scores(arm, ratio).to_numpy() for arm in setting.arms for ratio in arm.ratios]
    known = result.metrics[result.score.rpartition("/")[2]].worst
    least = np.concatenate([*seen, [] if known is None else [setting.sign * known]])
    return float(np.nanmin(least)) if np.isfinite(least).any() else float("nan")


def _in_units(verdict: ArmVerdict, unit: float) -> ArmVerdict:
    worst = verdict.worst_case
    return replace(
        verdict,
        contrasts=[_scaled(contrast, unit) for contrast in verdict.contrasts],
        worst_case=None if worst is None else _scaled(worst, unit),
    )


def _scaled(contrast: Contrast, unit: float) -> Contrast:
    changed: dict[str, Any] = {name: getattr(contrast, name) * unit for name in IN_UNITS}
    return replace(contrast, **changed)
