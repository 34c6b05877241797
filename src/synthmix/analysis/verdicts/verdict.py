"""From an arm's contrasts to its verdict: what is said, why not more, and how many more seeds would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from synthmix.analysis.verdicts.arms import ArmVerdict, Contrast
from synthmix.analysis.verdicts.decide import Evidence, decide
from synthmix.analysis.verdicts.planning import MOST_SEEDS
from synthmix.analysis.verdicts.wording import notes, reason

SeedsNeeded = Callable[[Contrast, float, bool], int | None]  # of an effect; whether by the interval or by the test
Claim = Sequence[tuple[Contrast, float, bool]]  # what it takes: of a contrast, that so much is above zero


def verdict(evidence: Evidence, seeds_needed: SeedsNeeded) -> ArmVerdict:
    """The verdict on an arm.

    Args:
        evidence: its contrasts.
        seeds_needed: the seeds that show an effect of a contrast, by its size, and by whether an interval must exclude
            it rather than a test find it; None where none do.
    """
    kind, like = decide(evidence)
    undecided = kind == "undecided"
    return ArmVerdict(
        name=evidence.arm.name,
        kind=kind,
        contrasts=evidence.contrasts,
        reason=reason(evidence) if undecided else "",
        notes=tuple(notes(evidence, kind)),
        like=like,
        more_seeds=_more_seeds(evidence, seeds_needed) if undecided else None,
        worst_case=evidence.worst[0] if evidence.arm.diverged else None,
    )


def _more_seeds(evidence: Evidence, seeds_needed: SeedsNeeded) -> int | None:
    """The fewest further seeds after which one of the claims would be expected to be shown."""
    routes = [more for claim in _claims(evidence) if (more := _for_claim(claim, seeds_needed)) is not None]
    return min((more for more in routes if more <= MOST_SEEDS), default=None)


def _for_claim(claim: Claim, seeds_needed: SeedsNeeded) -> int | None:
    further = [1]
    for contrast, effect, by_interval in claim:
        needed = seeds_needed(contrast, effect, by_interval)
        if needed is None:
            return None
        further.append(needed - contrast.seeds)
    return max(further)


def _claims(evidence: Evidence) -> Iterator[Claim]:
    """What each verdict takes, as the means stand; with diverged trainings at the worst score but for a harm."""
    effect, *others = evidence.worst
    margin, placebos = evidence.margin, [each for each in others if each.role == "placebo"]
    rivals = [each for each in others if each.role in ("placebo", "copies", "noise")]
    gain = (effect, effect.mean, False)
    if placebos and evidence.arm.tuned:
        yield [gain, *((rival, rival.mean, False) for rival in rivals)]
    for rival in rivals:
        yield [gain, (rival, margin - rival.mean, True)]
    yield [(effect, margin - abs(effect.mean), True)]
    if placebos:
        yield [(each, -each.mean, False) for each in (evidence.effect, *evidence.of("placebo"))]
    if evidence.tuning and evidence.arm.tuned and not evidence.behind_copies:
        default, tuned = (each for each in others if each.role in ("default_baseline", "tuned_baseline"))
        yield [(default, default.mean, False), *((each, margin - each.mean, True) for each in (effect, tuned))]
