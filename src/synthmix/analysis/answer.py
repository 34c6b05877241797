"""The verdicts of a study in words: a line for each generator and ratio, sentences for a setting, and a headline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.judging import Judged
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.verdicts.arms import Contrast, Kind
from synthmix.notation import exchange, general, number, spread, with_interval

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
    "undecided": "These seeds do not show any of the above. It does not mean that there is no effect.",
}
HEADLINES: Mapping[Kind, str] = {
    "harms": "{} harmed {}.",
    "helps": "{} helped {}, more than copies, noise and tuning do.",
    "as_tuning": "{} helped {} only as tuning without labels does.",
    "as_copies": "{} helped {} only as copies of the real points do.",
    "as_noise": "{} helped {} only as noisy copies do.",
    "equivalent": "{} made no difference that matters to {}.",
    "undecided": "{} on {}: undecided.",
}
MOST_NAMED = 4  # arms, or settings, that the headline names; more are counted
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
        effect: the difference to real points alone with its simultaneous interval.
        evidence: the other contrasts, or why it is undecided, in sentences.
    """

    arm: str
    ratio: str
    kind: Kind
    label: str
    effect: str
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


def headline(analysis: Analysis) -> str:
    """Gain and harm both: a sentence for each kind of verdict and the generators and ratios that have it."""
    if analysis.interim:
        return f"Interim: {analysis.interim}, and there are no verdicts before that."
    if not analysis.verdicts:
        return "No generator has been compared: there is no verdict."
    titles = [setting.title for setting in settings(analysis)]
    sentences = []
    for kind, words in HEADLINES.items():
        found = [one for one in analysis.verdicts if one.verdict.kind == kind]
        sentences += [words.format(who, where) for who, where in _who_where(found, analysis.verdicts, titles)]
    return " ".join(sentences)


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
        named = tuple(_with_ratios(arm, ratios, len(ratios) == whole[arm]) for arm, ratios in arms.items())
        if named:
            alike.setdefault(named, []).append(title)
    if len(alike) > MOST_NAMED or max(map(len, alike)) > MOST_NAMED:
        n = len({(one.setting, one.arm) for one in found})
        of = len({(one.setting, one.arm) for one in everything})
        yield f"{n} of {of} generators", "some setting and ratio" if len(titles) > 1 else f"{titles[0]} at some ratio"
        return
    for named, where in alike.items():
        counted = (
            f"{len(where)} of {len(titles)} settings" if len(where) < len(titles) else f"all {len(where)} settings"
        )
        yield _listed(named), _listed(where, "; ") if len(where) <= MOST_NAMED else counted


def _with_ratios(arm: str, ratios: Sequence[float], all_of_them: bool) -> str:
    if all_of_them:
        return arm
    return f"{arm} at ratio{'s' if len(ratios) > 1 else ''} {_listed([general(ratio) for ratio in ratios])}"


def _answer(place: int, setting: Setting, analysis: Analysis) -> SettingAnswer:
    score, sign = analysis.score.rpartition("/")[2], analysis.sign
    own = [one for one in analysis.verdicts if one.setting == place]
    rows = setting.summary[(setting.summary["mix.ratio"] > 0) & setting.summary["difference"].notna()]
    sentences = [
        *_baseline(setting, score),
        *_tuning(setting, own, score, sign),
        *_oracle(rows),
        *_worth(rows),
    ]
    return SettingAnswer(setting.title, [_line(one, sign) for one in own], sentences)


def _line(one: Judged, sign: int) -> ArmLine:
    verdict = one.verdict
    others = [_against(contrast, sign) for contrast in verdict.contrasts[1:] if contrast.seeds]
    evidence = f"{_capital(_listed(others))}." if others else ""
    if verdict.kind == "undecided":
        more = f"; about {verdict.more_seeds} more seeds would decide" if verdict.more_seeds else ""
        evidence = f"{_capital(verdict.reason)}{more}. {evidence}"
    if verdict.worst_case is not None:
        evidence += (
            f" Where trainings diverged, with the worst score in their place: {_effect(verdict.worst_case, sign)}."
        )
    return ArmLine(
        one.arm,
        general(one.ratio),
        verdict.kind,
        LABELS[verdict.kind],
        _effect(one.effect, sign),
        " ".join([evidence.strip(), *verdict.notes]).strip(),
    )


def _against(contrast: Contrast, sign: int) -> str:
    return f"{_effect(contrast, sign)} against {ROLE_WORDS.get(contrast.role, contrast.against)}"


def _effect(contrast: Contrast, sign: int) -> str:
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    return with_interval(sign * contrast.mean, low, high)


def _baseline(setting: Setting, score: str) -> Iterator[str]:
    for row in setting.summary[setting.summary["role"] == "baseline"].to_dict("records"):
        yield f"Real points alone: {score} {spread(row['mean'], row['sd'])} over {row['seeds']} seeds."


def _tuning(setting: Setting, own: Sequence[Judged], score: str, sign: int) -> Iterator[str]:
    """What tuning alone brings, beside the gains of generators at default settings."""
    family = setting.family
    if pd.isna(family["tuning"]):
        return
    effect = with_interval(family["tuning"], family["tuning_low"], family["tuning_high"])
    yield (
        f"Real points alone have {score} {number(family['as_configured'])} with the learner as configured; tuning it "
        f"without labels changes that by {effect}."
    )
    gains = [(one, one.at_default) for one in own if one.at_default is not None and one.at_default.lower > 0]
    if gains:
        one, contrast = max(gains, key=lambda gain: gain[1].mean)
        more = f", and {len(gains) - 1} more gain" if len(gains) > 1 else ""
        yield (
            f"As configured, {one.arm} at ratio {general(one.ratio)} seems to bring {_effect(contrast, sign)}{more}; "
            f"tuning alone brings {sign * family['tuning'] / contrast.mean:.0%} of that."
        )


def _worth(rows: pd.DataFrame) -> Iterator[str]:
    """Exchange rates of generators, and why there is none."""
    generators = rows[rows["role"] == "generator"]
    known = [
        f"{exchange(row)} ({row['arm']}, ratio {general(row['mix.ratio'])})"
        for row in generators[~generators["exchange_status"].isin(["", "not identified"])].to_dict("records")
    ]
    if known:
        yield f"What one synthetic point is worth in real ones: {_listed(known)}."
    for reason in generators.loc[generators["exchange_status"] == "not identified", "exchange_reason"].unique():
        yield f"What one synthetic point is worth is not identified: {reason}."


def _oracle(rows: pd.DataFrame) -> Iterator[str]:
    """The effect of the oracle at the largest ratio: the gain that real points would bring."""
    oracle = rows[rows["role"] == "oracle"].sort_values("mix.ratio").tail(1)
    for row in oracle.to_dict("records"):
        effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
        yield f"As many real points instead: {effect} at ratio {general(row['mix.ratio'])} (oracle {row['arm']})."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(texts: Sequence[Any], comma: str = ", ") -> str:
    return texts[0] if len(texts) == 1 else f"{comma.join(texts[:-1])} and {texts[-1]}"
