"""How numbers and arms are written, in terminal, page, picture and paper alike. A missing number is an empty text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

MINUS = "\N{MINUS SIGN}"
BEFORE_KEY = re.compile(r" (?=[\w.]+=)")  # in an arm's name
LEAST_OF_KEYS = 8  # letters that are left of keys and values
BOUNDS = {"at least": "≥ ", "at most": "≤ "}


def number(value: float, digits: int = 3) -> str:
    """A score: 0.574."""
    return "" if math.isnan(value) else _with_minus(f"{_no_negative_zero(value, digits):.{digits}f}")


def signed(value: float, digits: int = 3) -> str:
    """A difference, with its sign: +0.031, −0.031, 0.000."""
    if math.isinf(value):
        return _with_minus(f"{value:+}")
    rounded = _no_negative_zero(value, digits)
    return "" if math.isnan(value) else _with_minus(f"{rounded:+.{digits}f}" if rounded else f"{rounded:.{digits}f}")


def spread(mean: float, sd: float) -> str:
    """Mean and standard deviation; a single seed has no spread."""
    return number(mean) + ("" if math.isnan(sd) else f" ± {number(sd)}")


def interval(low: float, high: float, digits: int = 3, *, plus: bool = True) -> str:
    """[−0.012, +0.044]; with `plus=False` [−0.012, 0.044]."""
    write = signed if plus else number
    if math.isnan(low) or math.isnan(high) or (math.isinf(low) and math.isinf(high)):
        return ""
    return f"[{write(low, digits)}, {write(high, digits)}]"


def with_interval(value: float, low: float, high: float) -> str:
    """A difference and its interval: +0.031 [−0.012, +0.044]."""
    return f"{signed(value)} {interval(low, high)}".rstrip()


def interval_of(row: Mapping[Any, Any]) -> tuple[float, float]:
    """The interval of the difference in a row of `Analysis.summary`: the simultaneous one where it is judged."""
    kind = "simultaneous" if row["verdict"] else "difference"
    return row[f"{kind}_low"], row[f"{kind}_high"]


def lead(row: Mapping[Any, Any]) -> str:
    """The lead over the placebo in a row of `Analysis.summary`; empty where there is none."""
    return with_interval(row["lead"], row["lead_low"], row["lead_high"]) if row["placebo"] else ""


def p_value(p: float) -> str:
    """Three decimals, or <0.001."""
    return "<0.001" if p < 0.001 else number(p)


def attainable_p(p: float, smallest: float, alpha: float) -> str:
    """A p as text; where the least that so few seeds can attain is above alpha, that. Empty where there is no test."""
    return "not attainable" if smallest > alpha and not math.isnan(p) else p_value(p)


def general(value: float) -> str:
    """A ratio, a size or a distance, of three digits at least: 0.25, 1200, 0.211."""
    if math.isnan(value):
        return ""
    return _with_minus(f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}")


def exchange(row: Mapping[Any, Any]) -> str:
    """The exchange rate of a row of `Analysis.summary`: 0.27 [0.22, 0.39], or a bound: ≥ 0.31."""
    status = row["exchange_status"]
    if status == "not identified":
        return "not identified"
    if math.isnan(row["exchange"]):
        return ""
    if status in BOUNDS:
        return BOUNDS[status] + number(row["exchange"], 2)
    return f"{number(row['exchange'], 2)} {interval(row['exchange_low'], row['exchange_high'], 2, plus=False)}".rstrip()


def _no_negative_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS).replace("inf", "∞")


def with_short_keys(arms: Sequence[str], most: int) -> list[str]:
    """Names of arms with keys so short that every name has at most so many letters, as far as keys can be shortened.

    A key is its last part, or the last word of that, where no other key of these arms has the same.

    Example:
        >>> with_short_keys(["gaussian mix.synthetic_weight=0.5", "gan"], 20)
        ['gaussian weight=0.5', 'gan']
    """
    split = [BEFORE_KEY.split(arm) for arm in arms]
    keys = {part.partition("=")[0] for _, *parts in split for part in parts}
    written, names = {key: key for key in keys}, list(arms)
    for mark in "._":
        if max(map(len, names), default=0) <= most:
            break
        last = {key: written[key].rpartition(mark)[2] for key in keys}
        written = {key: text if list(last.values()).count(text) == 1 else written[key] for key, text in last.items()}
        names = [" ".join([model, *(_with_key(part, written) for part in parts)]) for model, *parts in split]
    return names


def cut_after_model(arm: str, most: int) -> str:
    """An arm's name cut to so many letters in the middle of what stands after its model, which is always whole."""
    model, *parts = BEFORE_KEY.split(arm)
    if len(arm) <= most or not parts:
        return arm
    text, room = " ".join(parts), max(LEAST_OF_KEYS, most - len(model) - 1)
    head = room // 3
    return f"{model} {text}" if len(text) <= room else f"{model} {text[:head]}…{text[head + 1 - room :]}"


def _with_key(part: str, written: Mapping[str, str]) -> str:
    key, _, value = part.partition("=")
    return f"{written[key]}={value}"
