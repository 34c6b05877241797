"""What a verdict is made of, and what it says: the scores of an arm beside its rivals', contrasts, and the verdict.

An arm here is a generator at one ratio with one learner. Every score is oriented so that higher is better; all arrays
of a study have one row a seed, (S,), in the order in which the seeds were planned, NaN where a seed has no score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InvalidInput

Scores = NDArray[np.float64]
ControlKind = Literal["copies", "noise"]
Kind = Literal["helps", "as_copies", "as_noise", "as_tuning", "harms", "equivalent", "undecided"]
Role = Literal["baseline", "placebo", "copies", "noise", "default_baseline", "default_placebo", "tuned_baseline"]


@dataclass(frozen=True)
class ArmConfigured:
    """The same arm with its learner at default settings.

    Attributes:
        scores: (S,) of the arm.
        baseline: (S,) of real points alone at default settings.
        placebo: (S,) of each placebo at default settings.
    """

    scores: Scores
    baseline: Scores
    placebo: Mapping[str, Scores] = field(default_factory=dict)


@dataclass(frozen=True)
class ArmScores:
    """The scores of an arm and of what it is compared with, at the same ratio and with the same learner.

    Attributes:
        name: opaque, unique in the study.
        scores: (S,), higher is better.
        baseline: (S,) of real points alone, the learner tuned as the arm's is.
        placebo: (S,) of each placebo.
        controls: (S,) of each other control, and whether it is made of copies or of copies with noise.
        configured: the arm and the baseline at default settings, where the scores above are at tuned ones.
        tuned: False where the learner has something to tune and was not tuned; True for one that has nothing.
        diverged: seeds whose training diverged, which have no score.
        worst: the worst score there can be, or was; finite where trainings diverged.
        unit: what 1 stands for in words, in units of the score that a reader knows; below 0 where that one is better
            the lower it is.

    Raises:
        InvalidInput: arrays of another length than `scores`, more divergences than seeds without a score, or
            divergences without a worst score.
    """

    name: str
    scores: Scores
    baseline: Scores
    placebo: Mapping[str, Scores] = field(default_factory=dict)
    controls: Mapping[str, tuple[ControlKind, Scores]] = field(default_factory=dict)
    configured: ArmConfigured | None = None
    tuned: bool = True
    diverged: int = 0
    worst: float = math.nan
    unit: float = 1.0

    def __post_init__(self) -> None:
        for against, values in self._arrays():
            if np.shape(values) != np.shape(self.scores):
                shape = np.shape(self.scores)
                raise InvalidInput(
                    f"{self.name}: {against} has shape {np.shape(values)}: must be that of scores, {shape}"
                )
        lacking = int(np.isnan(self.scores).sum())
        if not 0 <= self.diverged <= lacking:
            raise InvalidInput(
                f"{self.name}: diverged={self.diverged}: must be from 0 to {lacking}, the seeds without a score"
            )
        if self.diverged and not math.isfinite(self.worst):
            raise InvalidInput(f"{self.name}: worst={self.worst}: must be finite where trainings diverged")

    def _arrays(self) -> Iterator[tuple[str, Scores]]:
        yield "baseline", self.baseline
        yield from self.placebo.items()
        yield from ((control, values) for control, (_, values) in self.controls.items())
        if self.configured:
            yield "configured.scores", self.configured.scores
            yield "configured.baseline", self.configured.baseline
            yield from ((f"configured.placebo {name}", values) for name, values in self.configured.placebo.items())


@dataclass(frozen=True)
class Contrast:
    """A paired difference of an arm, adjusted for all contrasts of the study.

    Attributes:
        against: "baseline", the name of a placebo or control, "default baseline" or "tuned baseline".
        role: what that is. The last three are of the arm's scores at default settings: less those of real points alone
            and of a placebo at default settings, and less the tuned baseline.
        seeds: pairs.
        mean: of the differences; above zero: the arm is better.
        sd: of the differences.
        low: of the two-sided simultaneous interval; -inf where too few seeds give none.
        high: likewise.
        lower: one-sided simultaneous lower bound of the mean.
        upper: one-sided simultaneous upper bound of the mean.
        p_above: adjusted one-sided p that the mean is above zero.
        p_below: adjusted one-sided p that the mean is below zero.
        skewed: the sample looks too skewed, or has too far an outlier, for the nominal level to be relied on.
    """

    against: str
    role: Role
    seeds: int
    mean: float
    sd: float
    low: float
    high: float
    lower: float
    upper: float
    p_above: float
    p_below: float
    skewed: bool = False


@dataclass(frozen=True)
class ArmVerdict:
    """What is said of an arm.

    Attributes:
        name: of the arm.
        kind: `as_copies` and its like are short for "helps as copies do".
        contrasts: to the baseline first; then to placebos, to controls, and those at default settings.
        reason: why an arm is undecided, a sentence's fragment; empty for the others.
        notes: sentences that hold beside the verdict, e.g. that an equivalent arm is ahead of copies that harm.
        like: the control or placebo that the arm does no more than, for `as_copies` and `as_noise`.
        more_seeds: how many more seeds would decide with a power of .8 if means and spreads stay as they are; None
            where that is above 1,000, where seeds cannot help, and where the arm is decided.
        worst_case: the contrast to the baseline with diverged trainings at the worst score; None where none diverged.
    """

    name: str
    kind: Kind
    contrasts: Sequence[Contrast]
    reason: str = ""
    notes: Sequence[str] = ()
    like: str = ""
    more_seeds: int | None = None
    worst_case: Contrast | None = None
