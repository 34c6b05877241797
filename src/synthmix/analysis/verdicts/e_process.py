"""Evidence that may be looked at after each seed: e-processes of paired differences, and confidence sequences.

Under the null a difference is symmetric about zero, or about a point below it. Given the size of a difference its sign is
then a fair coin, or one that falls the wrong way, so that a bet on the sign whose stake grows with the size,

    E_t = Π_{i ≤ t} (1 + tanh(κ d_i / s_i)),   s_i² = (d_1² + … + d_i²) / i,

is a nonnegative supermartingale that starts at 1: the factor is 1 plus an increasing odd function of d_i, whatever the
past. Under a normal distribution of mean δσ the stake κ = δ √(1 + δ²) grows fastest. E is the mean over `STAKES` (the
method of mixtures). By Ville's inequality (1939) E ever reaches 1/α with a probability of at most α, so that 1 / max E is
a p value at any time, after any rule of stopping. Sources: de la Peña (1999), A general class of exponential
inequalities for martingales and ratios, for sums of symmetric variables; Howard, Ramdas, McAuliffe and Sekhon (2021),
Time-uniform, nonparametric, nonasymptotic confidence sequences; Waudby-Smith and Ramdas (2024), Estimating means of
bounded random variables by betting; Ramdas, Ruf, Larsson and Koolen (2020), Admissible anytime-valid inference.

The confidence sequence is what the same bets do not reject when the null is shifted to each value.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STAKES = np.array([0.3, 1.0, 3.0, 8.0])
STEPS = np.concatenate(
    [[0.0], np.geomspace(0.05, 20.0, 48)]
)  # standard deviations from the mean that ends are tried at


def log_e(d: Floats) -> Floats:
    """The logarithm of the largest E so far, against a mean of at most zero.

    Args:
        d: (S, ...) differences in the order of the seeds, NaN where a seed has none.

    Returns:
        (...), at least 0.
    """
    x = np.where(np.isfinite(d), d, 0.0)
    if not len(x):
        return np.zeros(x.shape[1:])
    seen = np.cumsum(np.isfinite(d), axis=0)
    scale = np.sqrt(np.cumsum(x**2, axis=0) / np.maximum(seen, 1))
    size = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0)
    logs = [np.cumsum(np.log1p(np.maximum(np.tanh(stake * size), -1 + 1e-12)), axis=0) for stake in STAKES]
    mixture = np.logaddexp.reduce(np.stack(logs), axis=0) - math.log(len(STAKES))
    return np.maximum(mixture.max(axis=0), 0.0)


def confidence_ends(d: Floats, threshold: float) -> tuple[Floats, Floats]:
    """Ends of the means (m,) that neither of two bets has rejected so far: E has stayed below `threshold` for each.

    An end is a point of a grid that is rejected, so that the sequence is wide by at most one step. Where nothing is
    left, differences have not been symmetric about one point, and the ends are infinite.

    Args:
        d: (S, m), NaN where a seed has none.
        threshold: 1/α for one end, 2/α for two.
    """
    n = np.isfinite(d).sum(0)
    known = np.where(np.isfinite(d), d, 0.0)
    mean = known.sum(0) / np.maximum(n, 1)
    spread = np.sqrt((np.where(np.isfinite(d), d - mean, 0.0) ** 2).sum(0) / np.maximum(n - 1, 1))
    ends = []
    for sign in (-1, 1):
        tried = mean + sign * STEPS[:, None] * spread  # (G, m), from the mean outwards
        rejected = log_e(-sign * (d[:, None] - tried)) >= math.log(threshold)
        inside = len(STEPS) - 1 - np.cumprod(rejected[::-1], axis=0).sum(0)  # the outermost that is not rejected
        end = np.take_along_axis(tried, np.minimum(inside + 1, len(STEPS) - 1)[None], 0)[0]
        ends.append(np.where(inside == len(STEPS) - 1, sign * np.inf, end))
    low, high = ends
    constant = spread <= 1e-12 * np.abs(known).max(0, initial=0.0)
    none = (low > high) | (constant & (2.0 ** np.minimum(n, 1_000) < threshold * len(STAKES)))
    return np.where(none, -np.inf, low), np.where(none, np.inf, high)


def seeds_until(effect: float, sd: float, threshold: float) -> float:
    """About how many seeds E takes to reach a threshold, for normal differences of this mean above zero and spread.

    The logarithm of the threshold and of what the mixture costs, by the mean growth of the best stake a seed.
    """
    ratio = min(effect / sd, 6.0) if sd > 0 else 6.0
    nodes, weights = hermegauss(61)
    growth = float(weights @ np.log1p(np.maximum(np.tanh(ratio * (nodes + ratio)), -1 + 1e-12))) / math.sqrt(
        2 * math.pi
    )
    return (math.log(threshold) + math.log(len(STAKES)) / 2) / growth if growth > 0 else math.inf
