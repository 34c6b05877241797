"""The sentences on a setting: real points alone, tuning, the oracle, exchange rates, and what the tests can find."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.judging import Judged
from synthmix.analysis.settings import Setting
from synthmix.analysis.verdicts.arms import Contrast
from synthmix.notation import exchange, general, number, spread, with_interval


def sentences(setting: Setting, own: Sequence[Judged], analysis: Analysis) -> list[str]:
    """What is said of a setting beside its verdicts.

    Args:
        setting: with its tables.
        own: the verdicts on its generators.
        analysis: of the study.
    """
    score, sign = analysis.score.rpartition("/")[2], analysis.sign
    rows = setting.summary[(setting.summary["mix.ratio"] > 0) & setting.summary["difference"].notna()]
    return [
        *_baseline(setting, score),
        *_tuning(setting, own, score, sign),
        *_labelled(setting),
        *_oracle(rows),
        *_worth(rows),
        *_power(setting, rows, sign),
    ]


def effect_of(contrast: Contrast, sign: int) -> str:
    """A contrast with its simultaneous interval, in the direction of the score."""
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    return with_interval(sign * contrast.mean, low, high)


def listed(texts: Sequence[Any], comma: str = ", ") -> str:
    """a, b and c."""
    return texts[0] if len(texts) == 1 else f"{comma.join(texts[:-1])} and {texts[-1]}"


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
            f"As configured, {one.arm} at ratio {general(one.ratio)} seems to bring {effect_of(contrast, sign)}{more}; "
            f"tuning alone brings {sign * family['tuning'] / contrast.mean:.0%} of that."
        )


def _labelled(setting: Setting) -> Iterator[str]:
    """What labels would have picked among the candidates of tuning."""
    row = setting.by_labels
    if row is not None:
        if row["best_settings"] == row["chosen"]:
            yield (
                f"Tuning without labels picked {row['chosen']} on {row['chosen_seeds']} of {row['seeds']} seeds; "
                "labels would pick the same."
            )
            return
        yield (
            f"Tuning without labels picked {row['chosen']} on {row['chosen_seeds']} of {row['seeds']} seeds; of its "
            f"candidates labels would pick {row['best_settings']}, with {row['by'].rpartition('/')[2]} "
            f"{spread(row['best'], row['best_sd'])} (supervised, for comparison only)."
        )


def _power(setting: Setting, rows: pd.DataFrame, sign: int) -> Iterator[str]:
    """The least effect that the tests find, and what the margin is beside it and beside the oracle's gain."""
    family = setting.family
    if pd.isna(family["margin"]):
        return
    margin = f"the margin is {number(family['margin'])}"
    oracle = rows[rows["role"] == "oracle"].sort_values("mix.ratio")
    gain = sign * float(oracle["difference"].iloc[-1]) if len(oracle) else 0.0
    ends = oracle[["difference_low", "difference_high"]].iloc[-1] if len(oracle) else ()
    if gain > 0 and min(sign * float(end) for end in ends) > 0:
        margin += f", {family['margin'] / gain:.0%} of the oracle's gain"
    if math.isfinite(family["detectable"]):
        found = f"find effects of ±{number(family['detectable'])} or more with a power of .8"
    else:
        found = "can find no effect, whatever its size"
    yield f"With {family['seeds']} seeds these tests {found}; {margin}."


def _worth(rows: pd.DataFrame) -> Iterator[str]:
    """Exchange rates of generators, and why there is none."""
    generators = rows[rows["role"] == "generator"]
    known = [
        f"{exchange(row)} ({row['arm']}, ratio {general(row['mix.ratio'])})"
        for row in generators[~generators["exchange_status"].isin(["", "not identified"])].to_dict("records")
    ]
    if known:
        yield f"What one synthetic point is worth in real ones: {listed(known)}."
    for reason in generators.loc[generators["exchange_status"] == "not identified", "exchange_reason"].unique():
        yield f"What one synthetic point is worth is not identified: {reason}."


def _oracle(rows: pd.DataFrame) -> Iterator[str]:
    """The effect of the oracle at the largest ratio: the gain that real points would bring."""
    oracle = rows[rows["role"] == "oracle"].sort_values("mix.ratio").tail(1)
    for row in oracle.to_dict("records"):
        effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
        yield f"As many real points instead: {effect} at ratio {general(row['mix.ratio'])} (oracle {row['arm']})."
