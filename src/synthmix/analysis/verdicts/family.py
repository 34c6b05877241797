"""The family of contrasts of a study: its paired differences, and the same with diverged trainings counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthmix.analysis.verdicts.arms import ArmScores, Contrast, Role, Scores
from synthmix.errors import InvalidInput


@dataclass(frozen=True)
class Difference:
    """A contrast before anything is known of it: against what, what that is, and (S,) paired differences."""

    against: str
    role: Role
    values: Scores


QUESTIONS: Mapping[Role, str] = {
    "baseline": "effect",
    "placebo": "lead over copies",
    "copies": "lead over copies",
    "noise": "lead over copies with noise",
    "default_baseline": "effect at default settings",
    "default_placebo": "lead over copies at default settings",
    "tuned_baseline": "default settings against tuning",
}
Adjusted = Callable[[Scores, Sequence[str]], Sequence[Contrast]]  # of differences (S, m), by question; names to come


def differences(arm: ArmScores) -> Iterator[Difference]:
    """The contrasts of an arm, that to the baseline first."""
    yield Difference("baseline", "baseline", arm.scores - arm.baseline)
    for name, values in arm.placebo.items():
        yield Difference(name, "placebo", arm.scores - values)
    for name, (kind, values) in arm.controls.items():
        yield Difference(name, kind, arm.scores - values)
    if arm.configured:
        scores = arm.configured.scores
        yield Difference("default baseline", "default_baseline", scores - arm.configured.baseline)
        for name, values in arm.configured.placebo.items():
            yield Difference(name, "default_placebo", scores - values)
        yield Difference("tuned baseline", "tuned_baseline", scores - arm.baseline)


def contrasts(arms: Sequence[ArmScores], adjusted: Adjusted) -> list[list[Contrast]]:
    """The contrasts of each arm, adjusted for all of them.

    Args:
        arms: of the whole study.
        adjusted: tests and intervals of the family's differences (S, m), a contrast a column, and of what question (m,)
            each of them is.
    """
    found = [list(differences(arm)) for arm in arms]
    family = [difference for of_arm in found for difference in of_arm]
    matrix = np.stack([difference.values for difference in family], axis=1).astype(float)
    results = iter(adjusted(matrix, [QUESTIONS[difference.role] for difference in family]))
    return [[replace(next(results), against=each.against, role=each.role) for each in of_arm] for of_arm in found]


def worst_case(arm: ArmScores) -> ArmScores:
    """The arm with its diverged trainings at the worst score.

    Where more seeds lack a score than diverged, those count as diverged whose baseline is best: the worst case again.
    """
    if not arm.diverged:
        return arm
    lacking = np.flatnonzero(np.isnan(arm.scores))
    order = np.argsort(-np.nan_to_num(arm.baseline[lacking], nan=-np.inf), kind="stable")
    at = lacking[order[: arm.diverged]]
    configured = arm.configured and replace(arm.configured, scores=_filled(arm.configured.scores, at, arm.worst))
    return replace(arm, scores=_filled(arm.scores, at, arm.worst), configured=configured, diverged=0)


def checked(arms: Sequence[ArmScores], margin: float) -> None:
    """Raises `InvalidInput` for arms of one name or of different numbers of seeds, and for a margin that is not > 0."""
    twice = [name for name, times in Counter(arm.name for arm in arms).items() if times > 1]
    if twice:
        raise InvalidInput(f"arms: {', '.join(twice)} more than once: names must differ")
    sizes = {len(arm.scores) for arm in arms}
    if len(sizes) > 1:
        raise InvalidInput(f"arms: {sorted(sizes)} seeds: must be as many for all, NaN where one has no score")
    if not margin > 0:
        raise InvalidInput(f"margin={margin}: must be > 0")


def _filled(scores: Scores, at: NDArray[np.int64], worst: float) -> Scores:
    filled = scores.astype(float)
    filled[at] = worst
    return filled
