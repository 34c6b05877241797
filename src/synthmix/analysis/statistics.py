"""Intervals and tests of differences that are paired by seed."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

ALPHA = 0.05
MAX_EXACT = 30  # seeds up to which every pattern of signs is counted; 2 · 2¹⁵ sums take some milliseconds
DRAWS = 99_999  # patterns drawn beyond that
CHUNK = 10_000  # of them in memory at once


class Interval(NamedTuple):
    """The ends of a two-sided interval; NaN where there is none."""

    low: float
    high: float


def t_interval(values: ArrayLike, level: float = 1 - ALPHA) -> Interval:
    """Student's t interval of the mean of independent values, one a seed.

    Identical values give an interval of width zero; `sign_flip_p`, which assumes no normal distribution, accounts for
    their number.

    Args:
        values: (S,), finite.
        level: nominal coverage, between 0 and 1.

    Returns:
        NaN for both ends where there are fewer than two values.
    """
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        return Interval(math.nan, math.nan)
    half = float(stdtrit(len(x) - 1, (1 + level) / 2) * x.std(ddof=1) / math.sqrt(len(x)))
    return Interval(float(x.mean()) - half, float(x.mean()) + half)


def sign_flip_p(differences: ArrayLike) -> float:
    """Two-sided p of the sign-flip permutation test that paired differences are symmetric about zero.

    The share of sign patterns whose sum is, in size, at least the observed one (Fisher 1935). Exact up to `MAX_EXACT`
    differences, by meet in the middle: the signed sums of both halves are enumerated, and pairs that reach the observed
    sum are counted by binary search. Beyond that (1 + b) / (1 + B) of `DRAWS` patterns from a fixed seed (Phipson
    and Smyth 2010). Sums that differ by rounding count as equal.

    Args:
        differences: (S,), finite.

    Returns:
        Above 0 and at most 1; NaN without a difference.
    """
    d = np.asarray(differences, dtype=float)
    if len(d) == 0:
        return math.nan
    slack = 1e-12 * float(np.abs(d).sum())
    reached = abs(float(d.sum())) - slack
    if reached <= slack:
        return 1.0
    if len(d) > MAX_EXACT:
        return _sampled_p(d, reached)
    left, right = _signed_sums(d[: len(d) // 2]), np.sort(_signed_sums(d[len(d) // 2 :]))
    beyond = len(left) * len(right) - int(np.searchsorted(right, reached - left).sum())
    return min(1.0, beyond / 2.0 ** (len(d) - 1))


def _signed_sums(d: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of `d` (H,) under every pattern of signs, (2^H,)."""
    sums = np.zeros(1)
    for value in d:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def _sampled_p(d: NDArray[np.float64], reached: float) -> float:
    rng = np.random.default_rng(0)
    beyond = 0
    for start in range(0, DRAWS, CHUNK):
        signs = 2.0 * rng.integers(0, 2, (min(CHUNK, DRAWS - start), len(d))) - 1
        beyond += int((np.abs(signs @ d) >= reached).sum())
    return (1 + beyond) / (1 + DRAWS)


def smallest_p(seeds: int) -> float:
    """The smallest two-sided p that a sign-flip test can attain: that of differences of one sign on all seeds.

    It is that of a family too, whatever its size: the maximum of t over a family is largest under the pattern observed.

    Args:
        seeds: pairs in the test, from 0.
    """
    return min(1.0, 2.0 ** (1 - seeds)) if seeds <= MAX_EXACT else 1 / (1 + DRAWS)
