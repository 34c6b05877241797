"""The verdicts of a study that may be looked at, and stopped, after any seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from synthmix.analysis.verdicts.arms import ArmScores, ArmVerdict, Contrast, Scores
from synthmix.analysis.verdicts.decide import Evidence
from synthmix.analysis.verdicts.e_process import confidence_ends, log_e, seeds_until
from synthmix.analysis.verdicts.family import QUESTIONS, checked, contrasts, differences, worst_case
from synthmix.analysis.verdicts.planning import ALPHA, MOST_SEEDS, SIDE
from synthmix.analysis.verdicts.simultaneous import moments
from synthmix.analysis.verdicts.skewness import skewness_warning
from synthmix.analysis.verdicts.verdict import verdict


def judge_sequential(arms: Sequence[ArmScores], *, margin: float) -> list[ArmVerdict]:
    """A verdict on each arm that holds at any time: the level is that of all looks together.

    The rules are those of `judge`; what differs is the evidence. A contrast's p's are 1 / max E of its e-processes,
    adjusted by Holm's method over the *arms*: "helps" and "harms" need every contrast of their kind, so that a false
    one takes the rejection of one true null of the arm, and an arm's other contrasts cost nothing. Ends are those of
    confidence sequences, by Bonferroni's correction over all arms in each question.

    Args:
        arms: as `judge`; rows in the order in which the seeds were planned, whatever order they finished in, up to the
            last seed that all arms have finished. The arms must be all that the study will ever have.
        margin: as `judge`.

    Raises:
        InvalidInput: as `judge`.
    """
    checked(arms, margin)
    if not arms:
        return []
    family = _Family(arms)
    found = contrasts(arms, family.adjusted)
    worst = (
        contrasts([worst_case(arm) for arm in arms], family.adjusted) if any(arm.diverged for arm in arms) else found
    )
    return [
        verdict(Evidence(arm, left_out, at_worst, margin), family.seeds_needed)
        for arm, left_out, at_worst in zip(arms, found, worst, strict=True)
    ]


class _Family:
    """Adjusts the contrasts of a study."""

    def __init__(self, arms: Sequence[ArmScores]) -> None:
        self.roles = [[difference.role for difference in differences(arm)] for arm in arms]
        self.sizes: dict[str, int] = {}

    def adjusted(self, d: Scores, questions: Sequence[str]) -> list[Contrast]:
        self.sizes = {question: questions.count(question) for question in dict.fromkeys(questions)}
        ends = np.empty((4, d.shape[1]))
        for question, size in self.sizes.items():
            at = [j for j, of_contrast in enumerate(questions) if of_contrast == question]
            ends[:, at] = confidence_ends(d[:, at], 2 * size / ALPHA, size / ALPHA)
        above = self._holm(np.exp(-log_e(d)), ("baseline", "placebo", "copies", "noise"))
        below = self._holm(np.exp(-log_e(-d)), ("baseline", "placebo"))
        columns = (*moments(d), *ends, above, below, skewness_warning(d))
        return [Contrast("", "baseline", *row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def _holm(self, p: Scores, needed: Sequence[str]) -> Scores:
        """Holm's adjustment over arms, whose p is the largest of the contrasts that a claim needs; those not needed get
        Bonferroni's over arms."""
        adjusted = np.minimum(1.0, len(self.roles) * p)
        starts = np.cumsum([0, *(len(roles) for roles in self.roles)])
        claims = [
            [start + j for j, role in enumerate(roles) if role in needed]
            for start, roles in zip(starts[:-1].tolist(), self.roles, strict=True)
        ]
        order, least = sorted(range(len(claims)), key=lambda arm: float(p[claims[arm]].max())), 0.0
        for rank, arm in enumerate(order):
            adjusted[claims[arm]] = np.minimum(1.0, np.maximum(least, (len(claims) - rank) * p[claims[arm]]))
            least = float(adjusted[claims[arm]].max())
        return adjusted

    def seeds_needed(self, contrast: Contrast, effect: float, by_interval: bool) -> int | None:
        if not effect > 0:
            return None
        tests = 2 * self.sizes[QUESTIONS[contrast.role]] if by_interval else len(self.roles)
        needed = seeds_until(effect, contrast.sd, tests / SIDE)
        return math.ceil(needed) if needed <= 2 * MOST_SEEDS else None
