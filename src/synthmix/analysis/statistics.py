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


def holm(p: ArrayLike, tests: int = 0) -> NDArray[np.float64]:
    """Holm's step-down adjustment (1979): p values (m,) that are at most α where the family's test rejects at α.

    NaN stays NaN. The family has `tests` members, the number planned, or as many as have a p where that is more; tests
    without a p count as the least significant, so that a failed one does not weaken the correction.
    """
    given = np.asarray(p, dtype=float)
    adjusted = np.full(given.shape, math.nan)
    order = np.argsort(given)[: np.isfinite(given).sum()]  # NaN sorts last
    steps = max(tests, len(order)) - np.arange(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps * given[order]))
    return adjusted


def smallest_p(seeds: int, tests: int) -> float:
    """The smallest adjusted p that a family can attain: that of one arm with differences of one sign on all seeds.

    Args:
        seeds: pairs in each test, from 0.
        tests: size of the family, from 0.
    """
    each = 2.0 ** (1 - seeds) if seeds <= MAX_EXACT else 1 / (1 + DRAWS)
    return min(1.0, tests * each)


def seeds_needed(tests: int, alpha: float = ALPHA) -> int:
    """Seeds from which on a family of `tests` (from 1) can attain `alpha`: ⌈1 + log₂(tests / alpha)⌉."""
    return math.ceil(1 + math.log2(tests / alpha))
