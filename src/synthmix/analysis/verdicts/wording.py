"""Why an arm is undecided, and what holds beside a verdict, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synthmix.analysis.verdicts.arms import Kind
from synthmix.analysis.verdicts.decide import Evidence, below
from synthmix.analysis.verdicts.planning import SIDE, fewest_seeds
from synthmix.notation import general, p_value


def reason(evidence: Evidence) -> str:
    """Why an arm is undecided, a fragment without a capital and a full stop."""
    effect, margin = evidence.effect, general(evidence.margin * abs(evidence.arm.unit))
    if effect.seeds < fewest_seeds():
        return f"{effect.seeds} seeds can show nothing; it takes {fewest_seeds()}"
    if effect.p_above <= SIDE:
        return _gain_not_enough(evidence)
    if below(effect):
        return _harm_not_enough(evidence)
    if evidence.arm.diverged and effect.low > -evidence.margin and effect.high < evidence.margin:
        return f"level with real points alone only without the {_diverged(evidence)}"
    if effect.low > 0 or effect.high < 0:
        side = "above" if effect.mean * evidence.arm.unit > 0 else "below"
        p = p_value(min(effect.p_above, effect.p_below))
        return (
            f"the interval {evidence.told(effect)} lies {side} zero, but the test, which decides, does not show it: "
            f"its one-sided p is {p}, above {general(SIDE)}"
        )
    return f"neither a gain nor a harm is shown, and {evidence.told(effect)} does not lie within ± {margin}"


def _gain_not_enough(evidence: Evidence) -> str:
    """A gain over real points alone that is neither help nor shown to be that of a control."""
    if not evidence.above(evidence.effect):
        worst = evidence.told(evidence.worst[0])
        return f"the gain is not shown with the {_diverged(evidence)} at the worst score, {worst}"
    ahead_of_all = all(evidence.above(contrast) for contrast in evidence.rivals)
    if not evidence.of("placebo"):
        return "the gain has no placebo beside it"
    if ahead_of_all:
        return "the gain is one over a learner that was not tuned"
    open_ = [contrast for contrast in evidence.rivals if not evidence.above(contrast)]
    which = listed([f"{contrast.against} ({evidence.told(contrast)})" for contrast in open_])
    return f"there is a gain, but neither is it shown to be more than that of {which} nor to be no more"


def _harm_not_enough(evidence: Evidence) -> str:
    """Scores below those of real points alone that are not shown to be the generator's own harm."""
    placebos = [contrast for contrast in evidence.of("placebo") if not below(contrast)]
    if not placebos:
        return "the loss has no placebo beside it"
    which = listed([f"{contrast.against} ({evidence.told(contrast)})" for contrast in placebos])
    return f"there is a loss, but it is not shown to be more than that of the placebo {which}"


def notes(evidence: Evidence, kind: Kind) -> Iterator[str]:
    """Sentences on what the verdict alone would hide."""
    effect = evidence.effect
    if kind == "equivalent" and (effect.p_above <= SIDE or below(effect)):
        side = "above" if effect.mean * evidence.arm.unit > 0 else "below"
        yield f"It is {side} real points alone, by less than the margin: {evidence.told(effect)}."
    for placebo in evidence.of("placebo"):
        if evidence.above(placebo) and not evidence.above(effect):
            lead = evidence.told(placebo)
            yield f"It is ahead of {placebo.against}, {lead}, but not shown to be ahead of real points alone."
        elif below(placebo) and not below(effect):
            yield f"It is behind {placebo.against}, {evidence.told(placebo)}."
    if kind in ("as_copies", "as_noise"):
        for rival in evidence.rivals:
            if rival.p_above <= SIDE and evidence.small(rival):
                yield f"It is ahead of {rival.against}, by less than the margin: {evidence.told(rival)}."
    yield from _on_tuning(evidence, kind)
    if evidence.arm.diverged:
        yield f"With the {_diverged(evidence)} at the worst score: {evidence.told(evidence.worst[0])}."
    skewed = [contrast.against for contrast in (effect, *evidence.rivals) if contrast.skewed]
    if skewed:
        yield f"Skewed over seeds, so that the levels stated may not hold: the difference to {listed(skewed)}."


def _on_tuning(evidence: Evidence, kind: Kind) -> Iterator[str]:
    if not evidence.tuning:
        return
    default, tuned = evidence.tuning
    if evidence.above(default):
        gain, left = evidence.told(default), evidence.told(tuned)
        yield f"At default settings it gains {gain}; against the tuned baseline that is {left}."
        if default.low <= 0:
            p = p_value(default.p_above)
            yield f"The test, which decides, shows that gain (one-sided p {p}); the interval is wider and reaches zero."
    if evidence.above(tuned) and kind != "helps":
        yield "At default settings it is ahead of the tuned baseline: tuning without labels chose poorly here."
    for placebo in evidence.of("default_placebo"):
        if evidence.above(default) and not evidence.above(placebo):
            yield f"There it is not shown to be ahead of {placebo.against}: {evidence.told(placebo)}."


def listed(texts: Sequence[str]) -> str:
    """a, b and c."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _diverged(evidence: Evidence) -> str:
    number = evidence.arm.diverged
    return f"{number} diverged training{'s' if number > 1 else ''} of {len(evidence.arm.scores)}"
