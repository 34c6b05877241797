"""What a study answers, in sentences that its numbers bear out and no more.

A gain counts as help where it is significant after Holm's correction and the arm beats the placebo of the same ratio:
the 95 % interval of their paired difference lies above zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from synthmix.notation import exchange, general, interval, p_value, signed, spread, with_interval
from synthmix.study.analysis import Analysis
from synthmix.study.blocks import Block, blocks, of_block
from synthmix.study.result import StudyResult, key_columns
from synthmix.study.statistics import ALPHA, t_interval

Kind = Literal["helps", "gain", "copies", "harms", "open", "few", "none"]
Row = dict[Any, Any]

LABELS: dict[Kind, str] = {
    "helps": "helps",
    "gain": "gain, no placebo beside it",
    "copies": "no more than copies",
    "harms": "harms",
    "open": "no effect shown",
    "few": "too few seeds",
    "none": "no generator",
}
HEADLINES: dict[Kind, str] = {
    "helps": "{} helped {}.",
    "gain": "{} came with a gain for {}, where no placebo stands beside it.",
    "copies": "{} helped {} no more than copies of the real points do.",
    "harms": "{} harmed {}.",
    "open": "{} had no effect that could be shown on {}.",
    "few": "{} cannot be judged on {}: too few seeds.",
    "none": "{} of a model was not tried on {}.",
}
MOST_NAMED = 4  # blocks of one kind that the headline names; more are counted


@dataclass(frozen=True)
class Verdict:
    """What a study says of one block: its kind, that in two words, and the sentences that bear it out."""

    title: str
    kind: Kind
    label: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class _Gain:
    """A significant gain, and how it compares with the placebos and the other controls of its ratio."""

    row: Row
    placebos: dict[str, str]
    unbeaten: dict[str, str]
    not_ahead_of: Sequence[str]

    @property
    def kind(self) -> Kind:
        return "gain" if not self.placebos else "copies" if self.unbeaten else "helps"


def verdicts(result: StudyResult, analysis: Analysis) -> list[Verdict]:
    """A verdict for each block."""
    keys = [key for key in key_columns(result.cells) if key != "seed"]
    finished = result.cells[result.cells["status"] == "finished"]
    scores = finished.merge(analysis.summary[[*keys, "arm"]], on=keys)
    return [_verdict(block, of_block(scores, block.keys, block.keys), analysis.score) for block in blocks(analysis)]


def headline(found: Sequence[Verdict]) -> str:
    """The answer in one or two sentences."""
    sentences: list[str] = []
    for kind, sentence in HEADLINES.items():
        titles = [verdict.title for verdict in found if verdict.kind == kind]
        if titles:
            many = (
                f"{len(titles)} of {len(found)} settings" if len(titles) < len(found) else f"all {len(found)} settings"
            )
            what = _listed(titles, "; ") if len(titles) <= MOST_NAMED else many
            sentences.append(sentence.format("It" if sentences else "Synthetic data", what))
    return " ".join(sentences)


def _verdict(block: Block, scores: pd.DataFrame, column: str) -> Verdict:
    score = column.rpartition("/")[2]
    rows = block.summary[(block.summary["mix.ratio"] > 0) & block.summary["difference"].notna()]
    generators = {
        str(arm): of_arm.to_dict("records") for arm, of_arm in rows[rows["role"] == "generator"].groupby("arm")
    }
    gains = {arm: [_gain(row, rows, scores, column) for row in _gaining(of_arm)] for arm, of_arm in generators.items()}
    kind = _kind(block, generators, [gain for of_arm in gains.values() for gain in of_arm])
    sentences = list(_baseline(block, score))
    if kind == "few":
        least, needed = p_value(block.family["smallest_p"]), block.family["seeds_needed"]
        sentences.append(
            f"{block.family['seeds']} seeds are too few for {block.family['tests']} tests: no adjusted p can be under "
            f"{least}, whatever the effect. It takes {needed} seeds."
        )
    for arm, of_arm in generators.items():
        sentences += _of_arm(arm, of_arm, gains[arm], score)
    if kind == "open":
        low, high = rows.loc[rows["role"] == "generator", ["difference_low", "difference_high"]].T.to_numpy()
        sentences.append(f"Not shown is not absent: the intervals leave room for {interval(low.min(), high.max())}.")
    sentences += _oracle(rows, score)
    return Verdict(block.title, kind, LABELS[kind], sentences)


def _kind(block: Block, generators: dict[str, list[Row]], gains: Sequence[_Gain]) -> Kind:
    if not generators:
        return "none"
    if block.family["smallest_p"] > ALPHA:
        return "few"
    for kind in ("helps", "gain", "copies"):
        if any(gain.kind == kind for gain in gains):
            return kind
    return "harms" if any(_harming(of_arm) for of_arm in generators.values()) else "open"


def _gaining(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["p_holm"] < ALPHA and row["difference"] > 0]


def _harming(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["p_holm"] < ALPHA and row["difference"] < 0]


def _gain(row: Row, rows: pd.DataFrame, scores: pd.DataFrame, column: str) -> _Gain:
    """Compares a gain with every control of its ratio, paired by seed."""
    at_ratio = scores[scores["mix.ratio"] == row["mix.ratio"]].pivot_table(index="seed", columns="arm", values=column)
    placebos, unbeaten, not_ahead_of = {}, {}, []
    others = rows[(rows["mix.ratio"] == row["mix.ratio"]) & rows["role"].isin(["placebo", "control"])]
    for other in others.to_dict("records"):
        ahead = (at_ratio[row["arm"]] - at_ratio[other["arm"]]).dropna()
        low, high = t_interval(ahead)
        text = with_interval(float(ahead.mean()), low, high)
        if other["role"] == "placebo":
            placebos[other["arm"]] = text
            if not low > 0:
                unbeaten[other["arm"]] = text
        elif not low > 0:
            not_ahead_of.append(f"{other['arm']} ({signed(other['difference'])})")
    return _Gain(row, placebos, unbeaten, not_ahead_of)


def _of_arm(arm: str, rows: list[Row], gains: list[_Gain], score: str) -> Iterator[str]:
    """What one generator does."""
    if gains:
        order: list[Kind] = ["copies", "gain", "helps"]
        first = max(gains, key=lambda gain: (order.index(gain.kind), gain.row["difference"]))
        yield _helps(arm, first, gains, score)
    harms = _harming(rows)
    if harms:
        worst = min(harms, key=lambda row: float(row["difference"]))
        yield f"{arm} harms: {_told(worst, harms, score)}{_worth(worst)}"
    if not gains and not harms:
        low, high = (signed(end(row["difference"] for row in rows)) for end in (min, max))
        span = f"{low} to {high}, over all ratios" if len(rows) > 1 else low
        least = min((row["p_holm"] for row in rows if pd.notna(row["p_holm"])), default=float("nan"))
        tested = f"smallest adjusted p {p_value(least)}" if pd.notna(least) else "not tested"
        yield f"{arm} changes {score} by {span}; none of it is significant ({tested})."


def _helps(arm: str, gain: _Gain, gains: list[_Gain], score: str) -> str:
    verb = {"helps": "helps", "gain": "gains", "copies": "gains, but no more than copies"}[gain.kind]
    sentences = [f"{arm} {verb}: {_told(gain.row, [other.row for other in gains], score)}{_worth(gain.row)}"]
    if gain.unbeaten:
        sentences.append(f"Its gain cannot be told from that of the placebo: {_compared(gain.unbeaten)}.")
    elif gain.placebos:
        sentences.append(f"It is ahead of the placebo: {_compared(gain.placebos)}.")
    if gain.not_ahead_of:
        sentences.append(f"It is not ahead of what needs no model: {_listed(gain.not_ahead_of)} at the same ratio.")
    return " ".join(sentences)


def _told(row: Row, all_rows: list[Row], score: str) -> str:
    others = [general(other["mix.ratio"]) for other in all_rows if other["mix.ratio"] != row["mix.ratio"]]
    also = f"; significant at {_listed(others)} too" if others else ""
    effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
    return f"{effect} in {score} at ratio {general(row['mix.ratio'])} (adjusted p {_p(row['p_holm'])}{also})."


def _p(p: float) -> str:
    text = p_value(p)
    return text.replace("<", "< ") if text.startswith("<") else f"= {text}"


def _worth(row: Row) -> str:
    """What one synthetic point is worth, where that is known."""
    if row["exchange_status"] == "not identified":
        return f" What one synthetic point is worth is not identified: {row['exchange_reason']}."
    return f" One synthetic point is worth {exchange(row)} real ones." if exchange(row) else ""


def _compared(texts: dict[str, str]) -> str:
    return _listed([f"{text} against {arm}" for arm, text in texts.items()])


def _baseline(block: Block, score: str) -> Iterator[str]:
    for row in block.summary[block.summary["role"] == "baseline"].to_dict("records"):
        yield f"Real points alone: {score} {spread(row['mean'], row['sd'])} over {row['seeds']} seeds."


def _oracle(rows: pd.DataFrame, score: str) -> Iterator[str]:
    """What more real points do at the largest ratio: whether there is anything to gain at all."""
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
