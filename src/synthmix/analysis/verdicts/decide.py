"""The rules: from an arm's contrasts to what is said of it.

What is shown to be smaller than the margin is not called a gain or a harm, however significant it is, and a lead over a
control that is shown to be smaller than the margin is no lead. So the order is: as tuning does (the default settings
gained, neither there nor at tuned settings is there more than the tuned baseline has, and the arm is not behind
copies), equivalent, harms, as copies do, as noise does, helps, undecided. "Helps" and "harms" exclude each other.

Trainings that diverged have no score, and are not missing at random. A gain and an equivalence must hold with them at
the worst score too; a harm, which that would only enlarge, must hold without them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from synthmix.analysis.verdicts.arms import ArmScores, Contrast, Kind, Role
from synthmix.analysis.verdicts.planning import SIDE
from synthmix.notation import signed, with_interval


@dataclass(frozen=True)
class Evidence:
    """The contrasts of an arm, and what each shows.

    Attributes:
        arm: whose contrasts they are.
        contrasts: with diverged trainings left out.
        worst: with them at the worst score; the same where none diverged.
        margin: the smallest difference that matters.
    """

    arm: ArmScores
    contrasts: Sequence[Contrast]
    worst: Sequence[Contrast]
    margin: float

    @property
    def effect(self) -> Contrast:
        """The contrast to the baseline."""
        return self.contrasts[0]

    def of(self, *roles: Role) -> list[Contrast]:
        """The contrasts to what has one of these roles."""
        return [contrast for contrast in self.contrasts if contrast.role in roles]

    @property
    def rivals(self) -> list[Contrast]:
        """The contrasts to placebos and other controls."""
        return self.of("placebo", "copies", "noise")

    @property
    def tuning(self) -> list[Contrast]:
        """The contrasts at default settings to real points alone, at default settings and tuned."""
        return self.of("default_baseline", "tuned_baseline")

    def told(self, contrast: Contrast) -> str:
        """Mean and two-sided interval, in the units and the direction of the score."""
        unit = self.arm.unit
        low, high = sorted((unit * contrast.low, unit * contrast.high))
        if not math.isfinite(low) or not math.isfinite(high):
            return f"{signed(unit * contrast.mean)}, without an interval"
        return with_interval(unit * contrast.mean, low, high)

    def above(self, contrast: Contrast) -> bool:
        """Shown to be above zero, with diverged trainings at the worst score too."""
        worst = self.worst[list(self.contrasts).index(contrast)]
        return contrast.p_above <= SIDE and worst.p_above <= SIDE

    def small(self, contrast: Contrast) -> bool:
        """Shown to be less than the margin above zero."""
        return contrast.upper < self.margin

    @property
    def equivalent(self) -> bool:
        """Whether the effect is shown to lie within the margin, on both sides."""
        return all(-self.margin < each.low and each.high < self.margin for each in (self.effect, self.worst[0]))

    @property
    def behind_copies(self) -> bool:
        """Whether the arm is shown to be below a placebo."""
        return any(below(placebo) for placebo in self.of("placebo"))

    @property
    def harms(self) -> bool:
        """Whether the arm is shown to be below real points alone and below every placebo."""
        placebos = self.of("placebo")
        return bool(placebos) and all(below(contrast) for contrast in (self.effect, *placebos))

    @property
    def helps_as_tuning(self) -> bool:
        """Whether default settings gained, and nothing is left of that against the tuned baseline.

        The last is asked at tuned settings and at default ones: where tuning picks settings worse than the defaults, an
        arm can gain at these, be level at those, and still do more than tuning does. An arm that is shown to be behind
        copies once the learner is tuned is not said to help in any way.
        """
        if not self.tuning or not self.arm.tuned or self.behind_copies or below(self.effect):
            return False
        default, tuned = self.tuning
        gained = self.above(default) and not self.small(default)
        return gained and self.small(self.effect) and self.small(tuned)

    def matched(self, *roles: Role) -> str:
        """The first rival of these roles over which the lead is shown to be less than the margin; else empty."""
        return next((contrast.against for contrast in self.of(*roles) if self.small(contrast)), "")

    @property
    def helps(self) -> bool:
        """Whether the arm is shown to be above a tuned baseline, every placebo and every other control."""
        ahead = all(self.above(contrast) for contrast in (self.effect, *self.rivals))
        return ahead and bool(self.of("placebo")) and self.arm.tuned


def below(contrast: Contrast) -> bool:
    """Shown to be below zero."""
    return contrast.p_below <= SIDE


def decide(evidence: Evidence) -> tuple[Kind, str]:
    """What is said of an arm, and the rival that it does no more than where that is what is said."""
    if evidence.helps_as_tuning:
        return "as_tuning", ""
    if evidence.equivalent:
        return "equivalent", ""
    if evidence.harms:
        return "harms", ""
    if evidence.above(evidence.effect):
        if like := evidence.matched("placebo", "copies"):
            return "as_copies", like
        if like := evidence.matched("noise"):
            return "as_noise", like
        if evidence.helps:
            return "helps", ""
    return "undecided", ""
