"""The verdict of a study, in sentences.

A gain counts as help where it is significant after Holm's correction and the arm beats the placebo of the same ratio:
the 95 % interval of their paired difference lies above zero. Other controls that it does not beat are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import SettingCells, cells_by_setting
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA, t_interval
from synthmix.notation import exchange, general, interval, p_value, signed, spread, with_interval

Kind = Literal["helps", "matched", "gain", "copies", "harms", "open", "few", "none"]
Row = dict[Any, Any]

LABELS: dict[Kind, str] = {
    "helps": "helps",
    "matched": "helps, as controls do",
    "gain": "gain, no placebo beside it",
    "copies": "no more than copies",
    "harms": "harms",
    "open": "no effect shown",
    "few": "too few seeds",
    "none": "no generator",
}
HEADLINES: dict[Kind, str] = {
    "helps": "{} helped {}.",
    "matched": "{} helped {}, but was not shown to do more than controls without a model.",
    "gain": "{} came with a gain for {}, where no placebo stands beside it.",
    "copies": "{} helped {} no more than copies of the real points do.",
    "harms": "{} harmed {}.",
    "open": "{} had no effect that could be shown on {}.",
    "few": "{} cannot be judged on {}: too few seeds.",
    "none": "{} of a model was not tried on {}.",
}
RISING: Sequence[Kind] = (
    "copies",
    "gain",
    "matched",
    "helps",
)  # kinds of gains, from the weakest evidence to the strongest
MOST_NAMED = 4  # settings of one kind that the headline names; more are counted


@dataclass(frozen=True)
class Verdict:
    """The verdict on one setting.

    Attributes:
        title: of the setting.
        kind: of the verdict.
        label: the kind in two words.
        sentences: the evidence.
        arms: the generators that it is about, where that is not all of them.
    """

    title: str
    kind: Kind
    label: str
    sentences: Sequence[str]
    arms: Sequence[str] = ()


@dataclass(frozen=True)
class _Gain:
    """A significant gain, compared with the controls of the same ratio.

    Attributes:
        row: of the generator.
        leads: paired difference to each placebo.
        behind: those of `leads` whose interval takes in zero.
        not_ahead_of: controls other than placebos that it does not beat.
    """

    row: Row
    leads: Mapping[str, str]
    behind: Mapping[str, str]
    not_ahead_of: Sequence[str]

    @property
    def kind(self) -> Kind:
        if not self.leads:
            return "gain"
        return "copies" if self.behind else "matched" if self.not_ahead_of else "helps"


def verdicts(result: StudyResult, analysis: Analysis) -> list[Verdict]:
    """A verdict for each setting."""
    return [_verdict(*both) for both in zip(settings(analysis), cells_by_setting(result), strict=True)]


def headline(found: Sequence[Verdict]) -> str:
    """A sentence for each kind of verdict and the generators that have it."""
    alike: dict[tuple[Kind, tuple[str, ...]], list[str]] = {}
    for verdict in found:
        alike.setdefault((verdict.kind, tuple(sorted(verdict.arms))), []).append(verdict.title)
    sentences: list[str] = []
    general_before = False
    for (kind, arms), titles in sorted(alike.items(), key=lambda item: [*HEADLINES].index(item[0][0])):
        many = f"{len(titles)} of {len(found)} settings" if len(titles) < len(found) else f"all {len(found)} settings"
        what = _listed(titles, "; ") if len(titles) <= MOST_NAMED else many
        who = f"Synthetic data of {_listed(arms)}" if arms else "It" if general_before else "Synthetic data"
        general_before = not arms
        sentences.append(HEADLINES[kind].format(who, what))
    return " ".join(sentences)


def _verdict(setting: Setting, cells: SettingCells) -> Verdict:
    score, sign = cells.score.rpartition("/")[2], cells.sign
    rows = setting.summary[(setting.summary["mix.ratio"] > 0) & setting.summary["difference"].notna()]
    generators = {
        str(arm): of_arm.to_dict("records") for arm, of_arm in rows[rows["role"] == "generator"].groupby("arm")
    }
    gains = {arm: [_gain(row, rows, cells) for row in _significant(of_arm, sign)] for arm, of_arm in generators.items()}
    harms = {arm: _significant(of_arm, -sign) for arm, of_arm in generators.items()}
    kind = _kind(setting, bool(generators), [gain for of_arm in gains.values() for gain in of_arm], any(harms.values()))
    sentences = list(_baseline(setting, score))
    if kind == "few":
        least, needed = p_value(setting.family["smallest_p"]), setting.family["seeds_needed"]
        sentences.append(
            f"{setting.family['seeds']} seeds are too few for {setting.family['tests']} tests: no adjusted p can be "
            f"under {least}, whatever the effect. It takes {needed} seeds."
        )
    for arm, of_arm in generators.items():
        if gains[arm]:
            sentences.append(_helps(arm, gains[arm], sign, score))
        if harms[arm]:
            worst = min(harms[arm], key=lambda row: sign * float(row["difference"]))
            sentences.append(f"{arm} harms: {_told(worst, harms[arm], score)}{_worth(worst)}")
        if not gains[arm] and not harms[arm]:
            sentences.append(_changes(arm, of_arm, score))
    if kind == "open":
        low, high = rows.loc[rows["role"] == "generator", ["difference_low", "difference_high"]].T.to_numpy()
        sentences.append(f"Not shown is not absent: the intervals leave room for {interval(low.min(), high.max())}.")
    unknown = rows[(rows["role"] == "generator") & (rows["exchange_status"] == "not identified")]
    for reason in unknown["exchange_reason"].unique():
        sentences.append(f"What one synthetic point is worth is not identified: {reason}.")
    sentences += _oracle(rows, sign)
    return Verdict(setting.title, kind, LABELS[kind], sentences, _arms_behind(kind, gains, harms))


def _arms_behind(kind: Kind, gains: Mapping[str, Sequence[_Gain]], harms: Mapping[str, Sequence[Row]]) -> Sequence[str]:
    """The generators that determine a setting's verdict; empty where all do."""
    helping = [arm for arm, of_arm in gains.items() if kind in {gain.kind for gain in of_arm}]
    behind = [arm for arm, of_arm in harms.items() if of_arm] if kind == "harms" else helping
    return behind if len(behind) < len(gains) else ()


def _kind(setting: Setting, tested: bool, gains: Sequence[_Gain], harms: bool) -> Kind:
    if not tested:
        return "none"
    if setting.family["smallest_p"] > ALPHA:
        return "few"
    best = max((gain.kind for gain in gains), key=RISING.index, default=None)
    return best or ("harms" if harms else "open")


def _significant(rows: Iterable[Row], sign: int) -> list[Row]:
    """Rows with a significant difference of this sign."""
    return [row for row in rows if row["p_holm"] < ALPHA and sign * row["difference"] > 0]


def _gain(row: Row, rows: pd.DataFrame, cells: SettingCells) -> _Gain:
    """Compares a gain with every control of its ratio, paired by seed."""
    ratio, sign = row["mix.ratio"], cells.sign
    scores = {arm.name: arm.at(ratio)[cells.score] for arm in cells.arms}
    leads, behind, not_ahead_of = {}, {}, []
    for other in rows[rows["mix.ratio"] == ratio].to_dict("records"):
        if other["role"] not in ("placebo", "control"):
            continue
        lead = sign * (scores[row["arm"]] - scores[other["arm"]]).dropna()
        low, high = t_interval(lead)
        text = with_interval(float(lead.mean()), low, high)
        if other["role"] == "placebo":
            leads[other["arm"]] = text
        if not low > 0 and other["role"] == "placebo":
            behind[other["arm"]] = text
        elif not low > 0:
            not_ahead_of.append(f"{other['arm']} ({signed(other['difference'])})")
    return _Gain(row, leads, behind, not_ahead_of)


def _helps(arm: str, gains: Sequence[_Gain], sign: int, score: str) -> str:
    gain = max(gains, key=lambda gain: (RISING.index(gain.kind), sign * gain.row["difference"]))
    verb = {"gain": "gains", "copies": "gains, but no more than copies"}.get(gain.kind, "helps")
    sentences = [f"{arm} {verb}: {_told(gain.row, [other.row for other in gains], score)}{_worth(gain.row)}"]
    if gain.behind:
        sentences.append(f"Its gain cannot be told from that of the placebo: {_compared(gain.behind)}.")
    elif gain.leads:
        sentences.append(f"It is ahead of the placebo: {_compared(gain.leads)}.")
    if gain.not_ahead_of:
        sentences.append(f"It is not ahead of what needs no model: {_listed(gain.not_ahead_of)} at the same ratio.")
    return " ".join(sentences)


def _changes(arm: str, rows: Sequence[Row], score: str) -> str:
    low, high = (signed(end(row["difference"] for row in rows)) for end in (min, max))
    span = f"{low} to {high}, over all ratios" if len(rows) > 1 else low
    least = min((row["p_holm"] for row in rows if pd.notna(row["p_holm"])), default=float("nan"))
    tested = f"smallest adjusted p {p_value(least)}" if pd.notna(least) else "not tested"
    return f"{arm} changes {score} by {span}; none of it is significant ({tested})."


def _told(row: Row, all_rows: Sequence[Row], score: str) -> str:
    others = [general(other["mix.ratio"]) for other in all_rows if other["mix.ratio"] != row["mix.ratio"]]
    also = f"; significant at {_listed(others)} too" if others else ""
    effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
    return f"{effect} in {score} at ratio {general(row['mix.ratio'])} (adjusted p {_p(row['p_holm'])}{also})."


def _p(p: float) -> str:
    text = p_value(p)
    return text.replace("<", "< ") if text.startswith("<") else f"= {text}"


def _worth(row: Row) -> str:
    """The exchange rate, where it is identified."""
    known = row["exchange_status"] != "not identified" and exchange(row)
    return f" One synthetic point is worth {exchange(row)} real ones." if known else ""


def _compared(texts: Mapping[str, str]) -> str:
    return _listed([f"{text} against {arm}" for arm, text in texts.items()])


def _baseline(setting: Setting, score: str) -> Iterator[str]:
    for row in setting.summary[setting.summary["role"] == "baseline"].to_dict("records"):
        yield f"Real points alone: {score} {spread(row['mean'], row['sd'])} over {row['seeds']} seeds."


def _oracle(rows: pd.DataFrame, sign: int) -> Iterator[str]:
    """The effect of the oracle at the largest ratio: the gain that real points would bring."""
    oracle = rows[rows["role"] == "oracle"].sort_values("mix.ratio").tail(1)
    for row in oracle.to_dict("records"):
        effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
        room = (
            ""
            if row["difference_low"] > 0
            else " Not even they show a gain, so that a generator's could hardly be seen."
        )
        yield f"As many real points instead: {effect} at ratio {general(row['mix.ratio'])} (oracle {row['arm']}).{room}"


def _listed(texts: Sequence[str], comma: str = ", ") -> str:
    return texts[0] if len(texts) == 1 else f"{comma.join(texts[:-1])} and {texts[-1]}"
