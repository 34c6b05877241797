"""The verdicts of a study whose number of seeds was fixed before it ran."""

from __future__ import annotations

from collections.abc import Sequence

from synthmix.analysis.verdicts.arms import ArmScores, ArmVerdict, Contrast, Scores
from synthmix.analysis.verdicts.decide import Evidence
from synthmix.analysis.verdicts.family import checked, contrasts, worst_case
from synthmix.analysis.verdicts.planning import ALPHA, seeds_to_find
from synthmix.analysis.verdicts.simultaneous import Simultaneous, simultaneous
from synthmix.analysis.verdicts.skewness import skewness_warning
from synthmix.analysis.verdicts.verdict import verdict


def judge(arms: Sequence[ArmScores], *, margin: float) -> list[ArmVerdict]:
    """A verdict on each arm, at a family-wise level of .05 for "helps" and for "harms".

    Args:
        arms: all generator arms × ratios × learners of the study, or a part that was chosen before its scores were
            seen: the family of the adjustment is what is given here.
        margin: smallest difference that matters, in units of the score, stated before the run.

    Raises:
        InvalidInput: arms that do not belong together, or a margin that is not above zero.
    """
    checked(arms, margin)
    if not arms:
        return []
    families: list[Simultaneous] = []

    def adjusted(d: Scores) -> list[Contrast]:
        families.append(simultaneous(d, level=1 - ALPHA))
        return _contrasts(families[-1], skewness_warning(d).tolist())

    found = contrasts(arms, adjusted)
    worst = contrasts([worst_case(arm) for arm in arms], adjusted) if any(arm.diverged for arm in arms) else found

    def seeds_needed(effect: float, sd: float, by_interval: bool) -> int | None:
        return seeds_to_find(effect, sd, families[0].interval_tests if by_interval else families[0].tests)

    return [
        verdict(Evidence(arm, left_out, at_worst, margin), seeds_needed)
        for arm, left_out, at_worst in zip(arms, found, worst, strict=True)
    ]


def _contrasts(of: Simultaneous, skewed: Sequence[bool]) -> list[Contrast]:
    columns = (of.seeds, of.mean, of.sd, of.low, of.high, of.lower, of.upper, of.p_above, of.p_below)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Contrast("", "baseline", *row, skewed) for row, skewed in zip(rows, skewed, strict=True)]
