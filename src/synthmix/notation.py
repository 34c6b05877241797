"""How numbers are written, in terminal, page, picture and paper alike. A missing number is an empty text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MINUS = "\N{MINUS SIGN}"
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
