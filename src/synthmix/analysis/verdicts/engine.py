"""The verdicts of a study whose number of seeds was fixed before it ran.

The tests, which "helps" and "harms" rest on, are one family: all contrasts of all arms, whatever these are compared
with. Intervals, which "equivalent" and "as copies do" rest on, hold at once for all arms in each question (the effect;
the lead over copies; over copies with noise; and so on), so that each of these verdicts too has a family-wise level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthmix.analysis.verdicts.arms import ArmScores, ArmVerdict, Contrast, Scores
from synthmix.analysis.verdicts.decide import Evidence
from synthmix.analysis.verdicts.family import QUESTIONS, checked, contrasts, worst_case
from synthmix.analysis.verdicts.planning import ALPHA, SIDE, seeds_to_find
from synthmix.analysis.verdicts.simultaneous import intervals, moments, sign_flip_tests
from synthmix.analysis.verdicts.skewness import skewness_warning
from synthmix.analysis.verdicts.verdict import verdict


def judge(arms: Sequence[ArmScores], *, margin: float) -> list[ArmVerdict]:
    """A verdict on each arm, at a family-wise level of .025 for "helps" and for "harms" each, .05 for both.

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
    family = _Family()
    found = contrasts(arms, family.adjusted)
    worst = found
    if any(arm.diverged for arm in arms):
        worst = contrasts([worst_case(arm) for arm in arms], _Family().adjusted)
    return [
        verdict(Evidence(arm, left_out, at_worst, margin), family.seeds_needed)
        for arm, left_out, at_worst in zip(arms, found, worst, strict=True)
    ]


class _Family:
    """Adjusts the contrasts of a study, and remembers what that costs."""

    def __init__(self) -> None:
        self.tests = 1.0
        self.interval_tests: dict[str, float] = {}

    def adjusted(self, d: Scores, questions: Sequence[str]) -> list[Contrast]:
        tests, ends = sign_flip_tests(d, alpha=SIDE), np.empty((4, d.shape[1]))
        self.tests = float(d.shape[1])  # Bonferroni's price, as a single effect among others that are none pays it
        for question in dict.fromkeys(questions):
            at = [j for j, of_contrast in enumerate(questions) if of_contrast == question]
            found = intervals(d[:, at], level=1 - ALPHA)
            ends[:, at] = found.low, found.high, found.lower, found.upper
            self.interval_tests[question] = found.tests
        columns = (*moments(d), *ends, tests.p_above, tests.p_below, skewness_warning(d))
        return [Contrast("", "baseline", *row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def seeds_needed(self, contrast: Contrast, effect: float, by_interval: bool) -> int | None:
        price = self.interval_tests[QUESTIONS[contrast.role]] if by_interval else self.tests
        return seeds_to_find(effect, contrast.sd, price)
