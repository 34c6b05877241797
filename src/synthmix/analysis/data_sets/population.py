"""Which truth an interval over seeds speaks of, and intervals that speak of the population.

All seeds draw their points from one finite set, so that a t interval over seeds is one of this set. Let d be the paired
difference of a seed, D = E[d | set] its truth on the set, and θ = E[D] that of the population. Over sets
Var(mean of d) = E[Var(d | set)] / S + Var(D). The first term is what s² / S estimates; the second does not fall with S.

Test. To first order (Hoeffding's projection) d holds the mean, over m test points, of h(point), and D the mean of h
over all N points of the set: Var(D) is Var(h) / N = q · Var(h) / m, with q = m / N the share of test points that two
seeds have in common. Val, v more points that nothing was fitted on, is scored by the same learner: the difference of
both scores has nothing of train, generator and learner in it, and over seeds, as points are drawn without
replacement, Var(d_test − d_val) = Var(h) · (1/m + 1/v). So Var(h) / m is v / (m + v) of it. What depends on test point
and fit at once (which points change their cluster) is counted as if it were h: the interval is wider than need be.

Train. Its part of Var(D) is not in the interval. The scores of seeds cannot tell it from the randomness of training:
both are what d_test and d_val have in common. To first order it is at most q / (1 − q) of that, q the overlap of train
sets. For fits that minimise a loss, and arms with noise of their own, far less was needed (`experiments/population`:
coverage .95 and more); for differences that are linear in the train points, and a train of 60 % of the set, the
interval is too narrow there (.70 to .90).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from synthmix.analysis.statistics import ALPHA

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Expected share of points that the parts of two seeds have in common, each from 0 to 1.

    Attributes:
        train: of train.
        val: of val.
        test: of test; 1 where all seeds are scored on one official test set.
    """

    train: float
    val: float
    test: float


def overlap(*, n_points: int, n_train: int, n_val: int, n_test: int, official_test: bool) -> Overlap:
    """The overlap that `synthmix.data.split` brings about: parts are drawn by a permutation of all points.

    A point of one seed's part is in the same part of another seed with probability size / n_points.

    Args:
        n_points: points that are divided anew for each seed: those of the data set without its reserve and without an
            official test set.
        n_train: points of train; for the oracle, which draws from the pool, those of train and pool that it uses.
        n_val: points of val.
        n_test: points of test.
        official_test: whether test is the official one.
    """
    return Overlap(train=n_train / n_points, val=n_val / n_points, test=1.0 if official_test else n_test / n_points)


def population_error(d_test: ArrayLike, d_val: ArrayLike, overlap: Overlap) -> tuple[Array, Array]:
    """Standard errors of mean paired differences as estimates of the population's, and their degrees of freedom.

    √(s² / S + q · V), V the variance that the draw of the test points brings, from the differences between test and
    val (see above). The degrees are those of the sum of both estimates (Satterthwaite 1946), with the covariance of
    the two, which are taken from the same seeds. With an official test set there is nothing of its draw in the seeds:
    q · V is left out, and the error is conditional on that test set, as `truth` says.

    Args:
        d_test: (S, m), paired differences on test, a row a seed, a column an arm at a ratio; finite.
        d_val: (S, m), those of the same fits on val.
        overlap: of the seeds' parts.

    Returns:
        Errors and degrees of freedom, (m,) each; NaN with fewer than two seeds, and an error of 0 for differences
        that are all the same.
    """
    d, other = np.asarray(d_test, dtype=float), np.asarray(d_val, dtype=float)
    seeds, columns = d.shape
    if seeds < 2:
        return np.full(columns, math.nan), np.full(columns, math.nan)
    between = d - other
    of_mean = d.var(axis=0, ddof=1) / seeds
    of_test = np.zeros(columns)
    if overlap.test < 1:
        share = overlap.val / (overlap.test + overlap.val)
        of_test = overlap.test * share * between.var(axis=0, ddof=1)
    return np.sqrt(of_mean + of_test), _degrees(d, between, of_mean, of_test)


def population_interval(
    d_test: ArrayLike, d_val: ArrayLike, overlap: Overlap, level: float = 1 - ALPHA
) -> tuple[Array, Array]:
    """Intervals of mean paired differences that speak of the population of points, not of this data set alone.

    Args:
        d_test: (S, m), as for `population_error`.
        d_val: (S, m), likewise.
        overlap: of the seeds' parts.
        level: nominal coverage, between 0 and 1.

    Returns:
        Lower and upper ends, (m,) each: the mean ± t times `population_error`; NaN with fewer than two seeds.
    """
    error, degrees = population_error(d_test, d_val, overlap)
    mean, half = np.asarray(d_test, dtype=float).mean(axis=0), stdtrit(degrees, (1 + level) / 2) * error
    return mean - half, mean + half


def _degrees(d: Array, between: Array, of_mean: Array, of_test: Array) -> Array:
    """Of the sum of two variances, scaled from those of `d` and `between`, which normal seeds make χ²."""
    centred = [values - values.mean(axis=0) for values in (d, between)]
    products = (centred[0] * centred[1]).sum(axis=0) ** 2
    squares = (centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0)
    alike = np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)
    spread = of_mean**2 + of_test**2 + 2 * alike * of_mean * of_test
    ratio = np.divide((of_mean + of_test) ** 2, spread, out=np.ones_like(spread), where=spread > 0)
    return np.asarray((len(d) - 1) * ratio)


def truth(overlap: Overlap, test_data: str | None = None) -> str:
    """A sentence: which truth a plain interval over seeds speaks of.

    Args:
        overlap: of the seeds' parts.
        test_data: the name of another data set that test is of; None where it is of the same.
    """
    train = f"{overlap.train:.0%} of their train points"
    if overlap.test == 1:
        return (
            f"Intervals over seeds speak of this data set and "
            f"{f'the test set of {test_data}' if test_data else 'its official test set'}, which all seeds share; two "
            f"seeds have {train} in common."
        )
    return (
        f"Intervals over seeds speak of this data set, not of the population that it was drawn from: two seeds have "
        f"{train} and {overlap.test:.0%} of their test points in common."
    )
