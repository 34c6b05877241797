"""The verdicts of a study in words: a line for each generator and ratio, sentences for a setting, and a headline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.data_sets.over import PooledVerdict
from synthmix.analysis.data_sets.pooled import LEAST_FOR_PREDICTION
from synthmix.analysis.judging import Judged
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.verdicts.arms import Contrast, Kind
from synthmix.analysis.words.next_step import enough
from synthmix.analysis.words.sentences import effect_of, listed, sentences
from synthmix.notation import general, interval, number, p_value, signed

LABELS: Mapping[Kind, str] = {
    "helps": "helps",
    "as_tuning": "helps as tuning does",
    "as_copies": "helps as copies do",
    "as_noise": "helps as noise does",
    "harms": "harms",
    "equivalent": "equivalent",
    "undecided": "undecided",
}
# What each means, as the page and README explain it; the order is that of the headline.
MEANINGS: Mapping[Kind, str] = {
    "harms": "The score is worse than with real points alone, and worse than copies of them make it.",
    "helps": "The score is better than with real points alone, tuned without labels, and better than copies, noisy "
    "copies and interpolations make it.",
    "as_tuning": "There is a gain where the learner has its default settings; choosing these without labels brings it.",
    "as_copies": "There is a gain, and copies of the real points are shown to bring it too, up to the margin.",
    "as_noise": "There is a gain, and noisy copies or interpolations are shown to bring it too, up to the margin.",
    "equivalent": "The difference to real points alone is shown to be smaller than the margin, either way.",
    "undecided": "These seeds show neither a gain nor a harm of the generator's own, nor that the difference is within "
    "the margin. It does not mean that there is no effect.",
}
HEADLINES: Mapping[Kind, str] = {
    "harms": "{} harmed {}.",
    "helps": "{} helped {}, more than copies, noise and tuning do.",
    "as_tuning": "{} helped {} only as tuning without labels does.",
    "as_copies": "{} helped {} only as copies of the real points do.",
    "as_noise": "{} helped {} only as noisy copies do.",
    "equivalent": "{} made no difference that matters to {}.",
    "undecided": "Undecided: {} on {}.",
}
SHOWN: Sequence[Kind] = ("harms", "helps")  # which a headline names, however many settings there are
MOST_NAMED = 4  # arms, or settings, that the headline names; more are counted
MOST_ARMS = 6  # generators of which it says what each came to; of more it names gains and harms, and counts the rest
CAVEAT = (
    "What a new data set is expected to show is taken from few data sets: where effects scatter no more than they are "
    "known, a nominal 95 % covers .89 to .91 of new ones in simulations of six and ten (experiments/calibration)."
)
ROLE_WORDS = {
    "baseline": "real points alone",
    "default_baseline": "real points alone, both at default settings",
    "tuned_baseline": "real points alone, tuned",
}


@dataclass(frozen=True)
class ArmLine:
    """The verdict on a generator at a ratio, as a line.

    Attributes:
        arm: its name.
        ratio: synthetic points for each real one.
        kind: of the verdict.
        label: the kind in words.
        effect: the difference to real points alone with its simultaneous interval; where it helps as tuning does, that
            with both at default settings too.
        beyond_copies: the lead over the placebo that it is least ahead of, with its simultaneous interval.
        evidence: the other contrasts, or why it is undecided, in sentences.
    """

    arm: str
    ratio: str
    kind: Kind
    label: str
    effect: str
    beyond_copies: str
    evidence: str


@dataclass(frozen=True)
class PooledLine:
    """The verdict on a generator at a ratio over data sets, as a line.

    Attributes:
        arm: its name.
        ratio: synthetic points for each real one.
        kind: of the verdict.
        label: the kind in words.
        effect: the mean over data sets with its interval, adjusted for all pooled verdicts.
        prediction: what a new data set would show, a sentence.
        data_sets: the effect on each, with its name.
        beyond_copies: as `ArmLine`.
        evidence: the leads over controls.
    """

    arm: str
    ratio: str
    kind: Kind
    label: str
    effect: str
    prediction: str
    data_sets: Sequence[str]
    beyond_copies: str
    evidence: str


@dataclass(frozen=True)
class SettingAnswer:
    """What is said of a setting.

    Attributes:
        title: of the setting.
        lines: of its generators at their ratios.
        sentences: on real points alone, tuning, the oracle and exchange rates.
    """

    title: str
    lines: Sequence[ArmLine]
    sentences: Sequence[str]


def answers(analysis: Analysis) -> list[SettingAnswer]:
    """What is said of each setting."""
    return [_answer(place, setting, analysis) for place, setting in enumerate(settings(analysis))]


def pooled_answers(analysis: Analysis) -> dict[str, list[PooledLine]]:
    """What is said over data sets, by the title of what is pooled."""
    found: dict[str, list[PooledLine]] = {}
    for one in analysis.over:
        found.setdefault(analysis.groups[one.judged.setting], []).append(_pooled_line(one, analysis.sign))
    return found


def headline(analysis: Analysis) -> str:
    """Gain and harm both: a sentence for each kind of verdict and the generators and ratios that have it."""
    if analysis.exploratory:
        return "Exploratory: the cells were selected from several studies, so that there is no p and no verdict."
    if analysis.interim:
        return f"Interim: {analysis.interim}, and there are no verdicts before that."
    if not analysis.verdicts:
        return "No generator has been compared: there is no verdict."
    kinds = [one.verdict.kind for one in analysis.verdicts]
    counts = listed([f"{LABELS[kind]} {kinds.count(kind)}" for kind in HEADLINES if kind in kinds])
    if not analysis.over:
        titles = [setting.title for setting in settings(analysis)]
        if len(titles) <= MOST_NAMED and len({one.arm for one in analysis.verdicts}) <= MOST_ARMS:
            return _told_of(analysis.verdicts, titles)
        shown = _told_of(analysis.verdicts, titles, SHOWN) or "No generator is shown to help or to harm."
        where = f"on {len(titles)} settings" if len(titles) > 1 else f"on {titles[0]}"
        return f"{shown} Of {len(kinds)} verdicts {where}: {counts}."
    count = max(len(one.data_sets) for one in analysis.over)
    pooled = _told_of([one.judged for one in analysis.over], analysis.groups)
    return f"Over {count} data sets: {pooled} On each data set alone, of {len(kinds)} verdicts: {counts}."


def _told_of(verdicts: Sequence[Judged], titles: Sequence[str], kinds: Iterable[Kind] = HEADLINES) -> str:
    told = []
    for kind in kinds:
        found = [one for one in verdicts if one.verdict.kind == kind]
        told += [HEADLINES[kind].format(who, where) for who, where in _who_where(found, verdicts, titles)]
    return " ".join(told)


def margin(analysis: Analysis) -> str:
    """The margin in words; empty where nothing was judged."""
    margins = sorted({round(one.margin, 9) for one in analysis.verdicts})
    if not margins:
        return ""
    score = analysis.score.rpartition("/")[2]
    width = number(margins[0]) + (f" to {number(margins[-1])}, by setting," if len(margins) > 1 else "")
    return f"The margin, stated before the run: a difference of less than {width} in {score} does not matter."


def _who_where(
    found: Sequence[Judged], everything: Sequence[Judged], titles: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The arms with the same verdict, by the settings in which they have it; where they are many, their number."""
    if not found:
        return
    alike: dict[tuple[str, ...], list[str]] = {}
    for place, title in enumerate(titles):
        arms: dict[str, list[float]] = {}
        for one in found:
            if one.setting == place:
                arms.setdefault(one.arm, []).append(one.ratio)
        whole = {one.arm: sum(other.arm == one.arm and other.setting == place for other in everything) for one in found}
        partly = {arm for arm, ratios in arms.items() if len(ratios) < whole[arm]}
        named = tuple(_with_ratios(arm, ratios, arm in partly) if partly else arm for arm, ratios in arms.items())
        if named:
            alike.setdefault(named, []).append(title)
    if len(alike) > MOST_NAMED or max(map(len, alike)) > MOST_NAMED:
        n, of = (len({one.arm for one in some}) for some in (found, everything))
        yield f"{n} of {of} generators", "some setting and ratio" if len(titles) > 1 else f"{titles[0]} at some ratio"
        return
    for named, where in alike.items():
        counted = (
            f"{len(where)} of {len(titles)} settings" if len(where) < len(titles) else f"all {len(where)} settings"
        )
        yield listed(named), listed(where, "; ") if len(where) <= MOST_NAMED else counted


def _with_ratios(arm: str, ratios: Sequence[float], partly: bool) -> str:
    if not partly:
        return f"{arm} (every ratio)"
    return f"{arm} (ratio{'s' if len(ratios) > 1 else ''} {listed([general(ratio) for ratio in ratios])})"


def _answer(place: int, setting: Setting, analysis: Analysis) -> SettingAnswer:
    own = [one for one in analysis.verdicts if one.setting == place]
    return SettingAnswer(setting.title, [_line(one, analysis) for one in own], sentences(setting, own, analysis))


def _line(one: Judged, analysis: Analysis) -> ArmLine:
    verdict, sign = one.verdict, analysis.sign
    others = [_against(contrast, sign) for contrast in verdict.contrasts[1:] if contrast.seeds]
    evidence = f"{_capital(listed(others))}." if others else ""
    if verdict.kind == "undecided":
        why = "; ".join(filter(None, [verdict.reason, enough(one, analysis.sequential)]))
        evidence = f"{_capital(why)}. {evidence}"
    return ArmLine(
        one.arm,
        general(one.ratio),
        verdict.kind,
        LABELS[verdict.kind],
        _told(one, sign),
        _beyond_copies(one, sign),
        " ".join([evidence.strip(), *verdict.notes]).strip(),
    )


def _beyond_copies(one: Judged, sign: int) -> str:
    placebos = [contrast for contrast in one.to_placebos() if contrast.seeds]
    return f"beyond copies {effect_of(min(placebos, key=lambda each: each.mean), sign)}" if placebos else ""


def _told(one: Judged, sign: int) -> str:
    """The effect; where tuning brings it too, the gain at default settings that the verdict speaks of comes first."""
    effect = effect_of(one.effect, sign)
    if one.verdict.kind != "as_tuning" or one.at_default is None:
        return effect
    p = p_value(one.at_default.p_above)
    return f"{effect_of(one.at_default, sign)} (p {p}) with the learner as configured, {effect} with it tuned"


def _pooled_line(one: PooledVerdict, sign: int) -> PooledLine:
    judged, pooled = one.judged, one.pooled
    others = [_against(contrast, sign) for contrast in judged.verdict.contrasts[1:]]
    prediction = f"Two data sets say nothing of a third; it takes {LEAST_FOR_PREDICTION}."
    if math.isfinite(pooled.gain):
        low, high = sorted((sign * pooled.prediction.low, sign * pooled.prediction.high))
        prediction = (
            f"On a new data set the effect is expected within {interval(low, high)}, and to be a gain with a "
            f"probability of {_probability(pooled.gain)}."
        )
    return PooledLine(
        judged.arm,
        general(judged.ratio),
        judged.verdict.kind,
        LABELS[judged.verdict.kind],
        effect_of(judged.effect, sign),
        prediction,
        [f"{name} {signed(sign * effect)}" for name, effect in zip(one.data_sets, one.effects, strict=True)],
        _beyond_copies(judged, sign),
        f"{_capital(listed(others))}." if others else "",
    )


def _probability(share: float) -> str:
    return "more than 0.99" if share > 0.99 else "less than 0.01" if share < 0.01 else number(share, 2)


def _against(contrast: Contrast, sign: int) -> str:
    return f"{effect_of(contrast, sign)} against {ROLE_WORDS.get(contrast.role, contrast.against)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
