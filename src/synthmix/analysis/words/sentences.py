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
from synthmix.analysis.verdicts.planning import SIDE
from synthmix.notation import exchange, general, number, spread, with_interval


def sentences(setting: Setting, own: Sequence[Judged], analysis: Analysis) -> list[str]:
    """What is said of a setting beside its verdicts.

    Args:
        setting: with its tables.
        own: the verdicts on its generators.
        analysis: of the study.
    """
    score, sign = analysis.score.rpartition("/")[2], analysis.sign
    rows = _effects(setting)
    return [
        *_baseline(setting, score),
        *_tuning(setting, own, score, sign),
        *_labelled(setting),
        *_oracle(rows),
        *_worth(rows),
        *power(setting, sign),
    ]


def _effects(setting: Setting) -> pd.DataFrame:
    """The rows of its summary that have a difference to real points alone."""
    return setting.summary[(setting.summary["mix.ratio"] > 0) & setting.summary["difference"].notna()]


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
    yield from tuned_share(setting, own, sign)


def tuned_share(setting: Setting, own: Sequence[Judged], sign: int) -> Iterator[str]:
    """The largest mean gain of a generator with the learner as configured, and the share of it that tuning brings."""
    gains = [(one, one.at_default) for one in own if one.at_default is not None and one.at_default.mean > 0]
    tuning = sign * setting.family["tuning"]
    if not gains or pd.isna(tuning):
        return
    shown = [gain for gain in gains if gain[1].p_above <= SIDE]
    one, contrast = max(shown or gains, key=lambda gain: gain[1].mean)
    gain = f"{one.arm} at ratio {general(one.ratio)} brings {effect_of(contrast, sign)}"
    others = len(shown) - 1
    told = f", and {others} more gain{'s' if others == 1 else ''}" if others > 0 else ""
    if not shown:
        told = ", the largest mean of the generators, which the test does not show to be a gain"
    share = f"tuning alone brings {tuning / contrast.mean:.0%} of that" if tuning > 0 else "tuning alone brings no gain"
    yield f"As configured, {gain}{told}; {share}{_of_controls(setting, sign)}."


def _of_controls(setting: Setting, sign: int) -> str:
    """The largest gain of a control with the learner as configured."""
    rows = setting.summary[setting.summary["role"].isin(["placebo", "control"])]
    gains = sign * rows["configured"].astype(float)
    if not gains.gt(0).any():
        return ""
    row = rows.loc[[gains.idxmax()]].to_dict("records")[0]
    effect = with_interval(row["configured"], row["configured_low"], row["configured_high"])
    return f", and {row['arm']} at ratio {general(row['mix.ratio'])}, which has no model in it, brings {effect}"


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


def power(setting: Setting, sign: int) -> Iterator[str]:
    """The least effect that the tests find, and what the margin is beside it and beside the oracle's gain."""
    family, rows = setting.family, _effects(setting)
    if pd.isna(family["margin"]):
        return
    margin = f"the margin is {number(family['margin'])}"
    oracle = rows[rows["role"] == "oracle"].sort_values("mix.ratio")
    gain = sign * float(oracle["difference"].iloc[-1]) if len(oracle) else 0.0
    ends = oracle[["difference_low", "difference_high"]].iloc[-1] if len(oracle) else ()
    if gain > 0 and min(sign * float(end) for end in ends) > 0:
        margin += f", {family['margin'] / gain:.0%} of the oracle's gain"
    if math.isfinite(family["detectable"]):
        shown = f"show a difference to real points alone of ±{number(family['detectable'])} or more with a power of .8"
        found = f"{shown} (that copies and noise bring less takes more to be shown)"
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
