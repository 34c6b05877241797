"""One verdict over several data sets: a random-effects mean of their effects, and the ranks of arms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit
from scipy.stats import rankdata, studentized_range

from synthmix.analysis.statistics import ALPHA, Interval
from synthmix.errors import InvalidInput

Array = NDArray[np.float64]

LEAST_FOR_PREDICTION = 3  # data sets; with two the t distribution of a new one has no degree of freedom
PERMUTATIONS = 9_999  # of the ranks within data sets, for Friedman's test
NONE = Interval(math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Effects of one arm at one ratio on k data sets, as draws from a distribution of effects.

    Attributes:
        data_sets: k.
        mean: of the distribution.
        interval: of the mean; NaN where k is 1.
        between: standard deviation of the true effects, τ.
        weights: (k,), the share that each data set has in the mean.
        prediction: interval of the true effect on a new data set; NaN where k is below `LEAST_FOR_PREDICTION`.
        gain: probability that the true effect on a new data set is a gain; NaN likewise.
    """

    data_sets: int
    mean: float
    interval: Interval
    between: float
    weights: Array
    prediction: Interval
    gain: float


def pool(effects: ArrayLike, errors: ArrayLike, *, sign: int = 1, level: float = 1 - ALPHA) -> Pooled:
    """The random-effects mean with the interval of Hartung and Knapp, and what it says of a new data set.

    τ² is that of Paule and Mandel (1982). The variance of the mean is multiplied by max(1, q), q the weighted mean
    square of the residuals, with t of k − 1 degrees (Hartung and Knapp 2001; Sidik and Jonkman 2002; the guard: Röver,
    Knapp and Friede 2015). A new true effect has the mean ± t of k − 2 degrees times √(τ² + error²) (Higgins, Thompson
    and Spiegelhalter 2009), with the guarded error; where τ is no larger than the errors it is often estimated as 0,
    and the interval covers about .90 with five data sets. Where an error is 0, as all seeds were alike, weights by
    precision have no meaning: the data sets then weigh the same.

    Args:
        effects: (k,), the mean paired difference on each data set, finite.
        errors: (k,), their standard errors, ≥ 0; of the population where the verdict is to be about populations.
        sign: -1 where a lower score is better, so that a gain is below 0; else 1.
        level: of both intervals, between 0 and 1.

    Raises:
        InvalidInput: there is no effect, the lengths differ, or a value is not finite or an error below 0.
    """
    y, variances = _checked(effects, errors)
    k = len(y)
    between = _between(y, variances)
    weights = 1 / (variances + between) if variances.all() else np.ones(k)
    shares = weights / weights.sum()
    mean = float(shares @ y)
    prediction, gain, interval = NONE, math.nan, NONE
    if k > 1:
        error = _error(y - mean, variances + between, weights)
        interval = _around(mean, error, k - 1, level)
        if k >= LEAST_FOR_PREDICTION:
            spread = math.hypot(error, math.sqrt(between))
            prediction = _around(mean, spread, k - 2, level)
            gain = float(stdtr(k - 2, sign * mean / spread)) if spread else float(sign * mean > 0)
    return Pooled(
        data_sets=k,
        mean=mean,
        interval=interval,
        between=math.sqrt(between),
        weights=shares,
        prediction=prediction,
        gain=gain,
    )


def _checked(effects: ArrayLike, errors: ArrayLike) -> tuple[Array, Array]:
    y, s = np.asarray(effects, dtype=float), np.asarray(errors, dtype=float)
    if y.ndim != 1 or y.shape != s.shape or len(y) == 0:
        raise InvalidInput(f"errors of shape {s.shape}: must be that of effects, {y.shape}, with at least one data set")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s >= 0).all()):
        raise InvalidInput(f"errors={s.tolist()}, effects={y.tolist()}: must be finite, errors ≥ 0")
    return y, s**2


def _between(y: Array, variances: Array) -> float:
    """τ² at which the weighted squared residuals sum to k − 1; 0 where they are less from the start."""
    if len(y) == 1:
        return 0.0
    if not variances.all():
        return max(0.0, float(y.var(ddof=1) - variances.mean()))  # the same with equal weights (Hedges and Olkin 1985)

    def surplus(between: float) -> float:
        weights = 1 / (variances + between)
        return float(weights @ (y - weights @ y / weights.sum()) ** 2) - (len(y) - 1)

    if surplus(0.0) <= 0:
        return 0.0
    most = float(((y - y.mean()) ** 2).sum())  # the weights are below 1 / τ², and so is the sum
    return float(brentq(surplus, 0.0, most, xtol=1e-12 * most, rtol=1e-12))


def _error(residuals: Array, variances: Array, weights: Array) -> float:
    """The standard error of the mean, not below that which τ² and the errors of the data sets give it."""
    shares = weights / weights.sum()
    observed = shares @ residuals**2 / (len(residuals) - 1)
    return math.sqrt(max(observed, shares**2 @ variances))


def _around(mean: float, error: float, degrees: int, level: float) -> Interval:
    half = float(stdtrit(degrees, (1 + level) / 2)) * error
    return Interval(mean - half, mean + half)


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Arms by their ranks on k data sets; 1 is the best.

    Attributes:
        arms: a of them, in the order of their mean rank.
        data_sets: k.
        mean: (a,), mean rank of each arm.
        statistic: Friedman's χ², with the correction for ties.
        p: of the hypothesis that all arms rank alike, by permutation.
        critical: the least difference of two mean ranks that is significant at .05.
        groups: first and last position in `arms` of each longest run of arms within `critical`, two or more.
    """

    arms: Sequence[str]
    data_sets: int
    mean: Array
    statistic: float
    p: float
    critical: float
    groups: Sequence[tuple[int, int]]


def rank(scores: ArrayLike, arms: Sequence[str], *, sign: int = 1) -> Ranks:
    """Mean ranks, Friedman's test and the critical difference of Nemenyi (Demšar 2006).

    The p is that of permutations of the ranks within each data set, from a fixed seed, which holds for few data sets
    too: with two of them and three arms it cannot be below 1/6, where χ² of a − 1 degrees says .14 and the F of Iman
    and Davenport 0. The critical difference rests on the normal approximation: q · √(a(a + 1) / 6k), q the quantile of
    the studentized range with infinite degrees of freedom over √2.

    Args:
        scores: (k, a), finite, such as means over seeds.
        arms: names, a.
        sign: -1 where a lower score is better, else 1.

    Raises:
        InvalidInput: fewer than two arms or no data set, another number of names, or a score that is not finite.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or len(table) < 1 or table.shape[1] != len(arms) or len(arms) < 2:
        raise InvalidInput(f"scores of shape {table.shape}: must be (data sets, {len(arms)} arms), two arms at least")
    if not np.isfinite(table).all():
        raise InvalidInput("scores: must be finite; leave out data sets on which an arm has none")
    k, a = table.shape
    ranks = np.asarray(rankdata(-sign * table, axis=1))
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    mean = ranks.mean(axis=0)[order]
    critical = float(studentized_range.ppf(1 - ALPHA, a, math.inf) / math.sqrt(2)) * math.sqrt(a * (a + 1) / (6 * k))
    statistic, p = _friedman(ranks)
    return Ranks(
        arms=[arms[position] for position in order],
        data_sets=k,
        mean=mean,
        statistic=statistic,
        p=p,
        critical=critical,
        groups=_groups(mean, critical),
    )


def _friedman(ranks: Array) -> tuple[float, float]:
    """χ² and its permutation p; no difference where all arms tie on all data sets."""
    k, a = ranks.shape
    scale = float(((ranks - (a + 1) / 2) ** 2).sum()) / (a - 1) / k  # within data sets; a(a + 1)/12 without ties
    if scale == 0:
        return 0.0, 1.0
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(np.broadcast_to(ranks, (PERMUTATIONS, k, a)), axis=2)
    observed, others = (k * ((r.mean(axis=-2) - (a + 1) / 2) ** 2).sum(axis=-1) / scale for r in (ranks, shuffled))
    reached = int((others >= observed * (1 - 1e-9)).sum())
    return float(observed), (1 + reached) / (1 + PERMUTATIONS)


def _groups(mean: Array, critical: float) -> list[tuple[int, int]]:
    """Runs of arms, sorted by rank, that differ by less than `critical`, and lie in no longer run."""
    found: list[tuple[int, int]] = []
    for first in range(len(mean)):
        last = int(np.searchsorted(mean, mean[first] + critical, side="left")) - 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found
