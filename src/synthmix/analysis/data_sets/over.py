"""Verdicts over several data sets: each contrast of a generator pooled, and the same rules as on one data set.

What varies at random is the data set; its seeds only say how well its effect is known. So each contrast is a
random-effects mean over data sets (`pooled.pool`), its test Student's t of k - 1 degrees by Hartung and Knapp, adjusted
by Bonferroni for the generators, ratios and learners that are pooled. "Helps" needs every contrast of an arm, so that
no further adjustment is due. Of a score without bounds the differences are shares of the data set's own baseline.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from synthmix.analysis.data_sets.pooled import Pooled, pool
from synthmix.analysis.data_sets.sizes import NAME, OF_A_COLLECTION, source_of
from synthmix.analysis.data_sets.speaks_of import mean_and_error, overlap_of
from synthmix.analysis.judging import MARGIN, Judged, arm_scores, interim
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import Arm, Keys, SettingCells, setting_title
from synthmix.analysis.statistics import ALPHA
from synthmix.analysis.verdicts.arms import ArmScores, ArmVerdict, Contrast, Role
from synthmix.analysis.verdicts.decide import Evidence, decide
from synthmix.analysis.verdicts.family import differences, worst_case

N_TRAIN = "data.n_train"
OF_DATA = (NAME, OF_A_COLLECTION, N_TRAIN)
LEAST = 2  # data sets
Effects = Mapping[tuple[str, Role], Sequence[tuple[float, float]]]  # of each contrast, mean and error by data set


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings of a study that differ in their data alone.

    Attributes:
        title: what they have in common.
        keys: its keys and their values.
        settings: their cells, one a data set.
    """

    title: str
    keys: Keys
    settings: Sequence[SettingCells]


@dataclass(frozen=True, kw_only=True)
class PooledVerdict:
    """The verdict on a generator at a ratio over data sets.

    Attributes:
        judged: with `setting` the place of the group, and contrasts over data sets: their `seeds` are data sets, their
            `sd` is that of true effects.
        data_sets: names of those that the arm has an effect on.
        effects: on each, above zero where the arm is better, as shares of the baseline where `relative`.
        pooled: the effects, likewise; interval and prediction by themselves, at 95 %.
        relative: whether differences are shares of the baseline.
    """

    judged: Judged
    data_sets: Sequence[str]
    effects: Sequence[float]
    pooled: Pooled
    relative: bool


def groups(settings: Sequence[SettingCells], result: StudyResult) -> list[Group]:
    """The settings by what they have in common beside their data, where that is more than one data set.

    Where a data set is there at several sizes, sizes are pooled each by itself.
    """
    by_keys: dict[str, list[SettingCells]] = {}
    for setting in settings:
        by_keys.setdefault(_text(setting.keys, OF_DATA), []).append(setting)
    found: list[list[SettingCells]] = []
    for alike in by_keys.values():
        names = [source_of(setting.keys) for setting in alike]
        if len(set(names)) == len(names):
            found.append(alike)
            continue
        by_size: dict[int, list[SettingCells]] = {}
        for setting in alike:
            by_size.setdefault(setting.n, []).append(setting)
        found += by_size.values()
    varying = [
        str(key)
        for key in settings[0].keys
        if len({str(one.keys[key]) for one in settings}) > 1 and key not in (NAME, OF_A_COLLECTION)
    ]
    return [
        Group(title=_title(each, varying, result), keys=each[0].keys, settings=each)
        for each in found
        if len(each) >= LEAST
    ]


def _title(alike: Sequence[SettingCells], varying: Sequence[str], result: StudyResult) -> str:
    common = _common(varying, alike)
    return setting_title(alike[0].keys, common, result.learner, of_learner=result.judges_learner)


def over_data_sets(result: StudyResult, found: Sequence[Group]) -> list[PooledVerdict]:
    """A verdict on every generator at every ratio that two data sets of a group have at least.

    Empty where a study has no verdicts (`judging.judged`), and for a sequential one, whose number of seeds depends on
    its results.
    """
    if result.exploratory or result.sequential or interim(result):
        return []
    arms = [
        (place, name, ratio, having)
        for place, group in enumerate(found)
        for (name, ratio), having in _arms(group).items()
        if len(having) >= LEAST
    ]
    pooled = (_pooled(result, place, name, ratio, having, len(arms)) for place, name, ratio, having in arms)
    return [verdict for verdict in pooled if verdict is not None]


def is_relative(result: StudyResult) -> bool:
    """Whether differences of the primary score matter by their share of it."""
    return result.metrics[result.score.rpartition("/")[2]].worst is None


def _text(keys: Keys, without: Sequence[str]) -> str:
    return " ".join(f"{key}={value}" for key, value in keys.items() if key not in without)


def _common(varying: Sequence[str], alike: Sequence[SettingCells]) -> list[str]:
    """The keys that tell a group from others: those that its own settings do not differ in."""
    return [key for key in varying if len({str(setting.keys[key]) for setting in alike}) == 1]


def _arms(group: Group) -> dict[tuple[str, float], list[tuple[SettingCells, Arm]]]:
    """The generators of a group at their ratios, on each data set where there is a score."""
    found: dict[tuple[str, float], list[tuple[SettingCells, Arm]]] = {}
    for setting in group.settings:
        for arm in setting.arms:
            for ratio in arm.ratios if arm.role == "generator" else ():
                if len(setting.differences(arm, ratio)) > 1:
                    found.setdefault((arm.name, ratio), []).append((setting, arm))
    return found


def _pooled(
    result: StudyResult, place: int, name: str, ratio: float, having: Sequence[tuple[SettingCells, Arm]], tests: int
) -> PooledVerdict | None:
    relative = is_relative(result)
    units = [_size(setting) if relative else 1.0 for setting, _ in having]
    margin = MARGIN if result.margin is None else result.margin
    if relative and result.margin is not None:
        margin = min(result.margin / unit for unit in units)
    of_sets = [_scores(result, setting, arm, ratio, unit) for (setting, arm), unit in zip(having, units, strict=True)]
    effects, worst = (_effects(result, having, of_sets, at_worst=at_worst) for at_worst in (False, True))
    of_effect = effects["baseline", "baseline"]
    if len(of_effect) < LEAST:
        return None
    contrasts = _contrasts(effects, tests)
    at_worst = _contrasts({contrast: worst[contrast] for contrast in effects}, tests)
    arm = replace(of_sets[0][0], name=name, tuned=all(test.tuned for test, _ in of_sets), unit=float(result.sign))
    evidence = Evidence(arm, contrasts, at_worst, margin)
    kind, like = decide(evidence)
    return PooledVerdict(
        judged=Judged(place, name, ratio, ArmVerdict(name, kind, contrasts, like=like), margin),
        data_sets=[source_of(setting.keys) for setting, _ in having],
        effects=[mean for mean, _ in of_effect],
        pooled=pool(*zip(*of_effect, strict=True)),
        relative=relative,
    )


def _size(setting: SettingCells) -> float:
    """The size of the baseline, in whose shares the differences of a score without bounds count."""
    return abs(float(setting.baseline.mean())) or 1.0


def _scores(
    result: StudyResult, setting: SettingCells, arm: Arm, ratio: float, unit: float
) -> tuple[ArmScores, ArmScores]:
    """The arm beside its rivals on test and on val."""
    on_val = f"val/{setting.score.rpartition('/')[2]}"
    test, val = (
        arm_scores(setting, arm, ratio, result, unit, setting.seeds, arm.name, score=score) for score in (None, on_val)
    )
    return test, val


def _effects(
    result: StudyResult,
    having: Sequence[tuple[SettingCells, Arm]],
    of_sets: Sequence[tuple[ArmScores, ArmScores]],
    *,
    at_worst: bool,
) -> dict[tuple[str, Role], list[tuple[float, float]]]:
    """Mean and error of each contrast on each data set that has it."""
    found: dict[tuple[str, Role], list[tuple[float, float]]] = {}
    for (setting, _), (test, val) in zip(having, of_sets, strict=True):
        common = overlap_of(result, setting.keys)
        pairs = zip(*(differences(worst_case(each) if at_worst else each) for each in (test, val)), strict=True)
        for on_test, on_val in pairs:
            known = mean_and_error(on_test.values, on_val.values, common)
            if known is not None:
                found.setdefault((on_test.against, on_test.role), []).append(known)
    return found


def _contrasts(effects: Effects, tests: int) -> list[Contrast]:
    return list(_each_contrast(effects, tests))


def _each_contrast(effects: Effects, tests: int) -> Iterator[Contrast]:
    """The contrasts over data sets, adjusted for so many tests; one of a single data set shows nothing."""
    for (against, role), of_sets in effects.items():
        mean, error, between = _mean(of_sets)
        degrees = len(of_sets) - 1
        if degrees < 1:
            infinite = (-math.inf, math.inf, -math.inf, math.inf, 1.0, 1.0)
            yield Contrast(against, role, len(of_sets), mean, between, *infinite)
            continue
        two, one = (float(stdtrit(degrees, 1 - ALPHA / tests / sides)) * error for sides in (2, 1))
        p_above, p_below = (min(1.0, tests * _p(sign * mean, error, degrees)) for sign in (1, -1))
        ends = mean - two, mean + two, mean - one, mean + one
        yield Contrast(against, role, len(of_sets), mean, between, *ends, p_above, p_below)


def _mean(of_sets: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean over data sets, its guarded standard error, and the standard deviation of true effects."""
    together: NDArray[np.float64] = np.array(of_sets)
    found = pool(together[:, 0], together[:, 1])
    if found.data_sets == 1:
        return found.mean, math.nan, found.between
    half = (found.interval.high - found.interval.low) / 2
    return found.mean, half / float(stdtrit(found.data_sets - 1, 1 - ALPHA / 2)), found.between


def _p(mean: float, error: float, degrees: int) -> float:
    """One-sided p that the mean is above zero."""
    if error == 0:
        return 0.0 if mean > 0 else 1.0
    return float(stdtr(degrees, -mean / error))
