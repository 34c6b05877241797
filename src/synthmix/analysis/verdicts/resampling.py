"""Sign patterns and resamples of seeds, and Student's t under each, for all contrasts of a family at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations_with_replacement
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
MOST_ENUMERATED = 12  # seeds up to which all patterns of signs are counted
MOST_MULTISETS = 8  # seeds up to which all resamples are weighed: 6,435 of eight
DRAWS = 4_999  # of signs and of resamples beyond
FLOOR = 0.2  # of a sample's standard deviation: the least that a resample is taken to have
CHUNK = 1_000  # patterns in memory at once
SLACK = 1e-9  # statistics that differ by less are ties


def flipped(d: Floats, n: Counts, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Statistics (P, m) under sign flips of whole seeds, and the weights (P,) of the patterns, in chunks.

    All patterns up to `MOST_ENUMERATED` seeds; beyond, the observed one and `DRAWS` others, so that shares of them are
    (1 + b) / (1 + B) (Phipson and Smyth 2010).

    Args:
        d: (S, m), zero where a seed lacks a contrast.
        n: (m,) seeds of each contrast.
        seed: of the patterns that are drawn.
    """
    seeds = len(d)
    if seeds > MOST_ENUMERATED:
        rng = np.random.default_rng(seed)
        yield statistic(np.ones((1, seeds)), d, n), np.ones(1)
        for start in range(0, DRAWS, CHUNK):
            signs = rng.choice(np.array([1.0, -1.0]), (min(CHUNK, DRAWS - start), seeds))
            yield statistic(signs, d, n), np.ones(len(signs))
        return
    for start in range(0, 2**seeds, CHUNK):
        numbers = np.arange(start, min(start + CHUNK, 2**seeds))
        signs = np.where(numbers[:, None] >> np.arange(seeds) & 1, -1.0, 1.0)
        yield statistic(signs, d, n), np.ones(len(signs))


def resampled(e: Floats, present: Floats, sd: Floats, n: Counts, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Statistics (P, m) of resamples of whole seeds, and the probabilities (P,) of those, in chunks.

    Args:
        e: (S, m) differences less their mean, zero where a seed lacks a contrast.
        present: (S, m) 1 or 0.
        sd: (m,) of the differences; a resample has at least `FLOOR` of it.
        n: (m,) seeds of each contrast.
        seed: of the resamples that are drawn.
    """
    counts, weights = _multisets(len(e), seed)
    least = FLOOR * np.where(sd > 0, sd, 1.0)
    for start in range(0, len(counts), CHUNK):
        drawn = counts[start : start + CHUNK]
        size = drawn @ present
        mean = drawn @ e / np.maximum(size, 1)
        variance = np.maximum(drawn @ e**2 - size * mean**2, 0.0) / np.maximum(size - 1, 1)
        t = mean * np.sqrt(size) / np.maximum(np.sqrt(variance), least)
        yield one_scale(t, n), weights[start : start + CHUNK]


def statistic(signs: Floats, d: Floats, n: Counts) -> Floats:
    """Student's t of flipped differences (P, m), on one scale.

    By u = Σ ±d / √Σd², which no flip can make degenerate: t = u √((n − 1) / (n − u²)).
    """
    squares = (d**2).sum(0)
    u = (signs @ d) / np.sqrt(np.where(squares > 0, squares, 1.0))
    left = n - u**2
    with np.errstate(divide="ignore"):
        t = u * np.sqrt((n - 1) / np.where(left > SLACK * n, left, 0.0))
    return one_scale(t, n)


def one_scale(t: Floats, n: Counts) -> Floats:
    """Student's t with n − 1 degrees (…, m) as the normal quantile of the same tail, where the degrees differ."""
    if (n == n[0]).all():
        return t
    return np.asarray(-np.sign(t) * ndtri(stdtr(n - 1, -np.abs(t))))


def off_scale(value: float, n: Counts) -> Floats:
    """The inverse of `one_scale`: a value as Student's t of each contrast (m,)."""
    if (n == n[0]).all():
        return np.full(len(n), value)
    return np.asarray(-np.sign(value) * stdtrit(n - 1, ndtr(-abs(value))))


def tail(value: float, n: Counts) -> float:
    """The probability that a contrast's statistic, on one scale, exceeds a value under normality; above zero."""
    p = stdtr(n[0] - 1, -value) if (n == n[0]).all() else ndtr(-value)
    return max(float(p), float(np.finfo(float).tiny))


def step_down(observed: Floats, null: Iterable[tuple[Floats, Floats]], sign: int) -> Floats:
    """Adjusted one-sided p's (m,): each contrast against the maximum over those that are not more significant.

    Args:
        observed: (m,) statistics.
        null: statistics under the null, and weights, in chunks.
        sign: 1 where large statistics are significant, -1 where small ones are.
    """
    order = np.argsort(sign * observed)
    beyond, total = np.zeros(len(observed)), 0.0
    reached = sign * observed[order]
    with np.errstate(invalid="ignore"):
        reached = reached - SLACK * np.maximum(
            1.0, np.abs(reached), where=np.isfinite(reached), out=np.ones_like(reached)
        )
    for t, weights in null:
        beyond += weights @ (np.maximum.accumulate(sign * t[:, order], 1) >= reached)
        total += float(weights.sum())
    p = np.empty(len(observed))
    p[order] = np.maximum.accumulate((beyond / total)[::-1])[::-1]
    return p


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """The smallest value that at least this share of the weight does not exceed."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(cumulative, share - 1e-12)), len(values) - 1)])


@lru_cache(maxsize=8)
def _multisets(seeds: int, seed: int) -> tuple[Floats, Floats]:
    """How often each seed is drawn (B, S), and the probability of that (B,)."""
    if seeds > MOST_MULTISETS:
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS).astype(float)
        return counts, np.full(DRAWS, 1 / DRAWS)
    drawn = np.array(list(combinations_with_replacement(range(seeds), seeds)))
    counts = (drawn[:, :, None] == np.arange(seeds)).sum(1).astype(float)
    ways = [factorial(seeds) / np.prod([factorial(int(c)) for c in row]) for row in counts]
    return counts, np.asarray(ways) / float(seeds) ** seeds
