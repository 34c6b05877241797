"""Evidence that may be looked at after each seed: e-processes of paired differences, and confidence sequences.

Under the null a difference is symmetric about zero, or about a point below it. Given its size, its sign is then a fair
coin or one that falls the wrong way, so that a bet on the sign whose stake grows with the size,

    E_t = Π_{i ≤ t} (1 + tanh(κ d_i / s_i)),   s_i² = (d_1² + … + d_i²) / i,

is a nonnegative supermartingale that starts at 1: the factor is 1 plus an increasing odd function of d_i, whatever the
past. Under a normal distribution of mean δσ the stake κ = δ √(1 + δ²) grows fastest. E is the mean over `STAKES` (the
method of mixtures). By Ville's inequality (1939) E ever reaches 1/α with a probability of at most α, so that 1 / max E
is a p value at any time, after any rule of stopping. Sources: de la Peña (1999), A general class of exponential
inequalities for martingales and ratios, for sums of symmetric variables; Howard, Ramdas, McAuliffe and Sekhon (2021),
Time-uniform, nonparametric, nonasymptotic confidence sequences; Waudby-Smith and Ramdas (2024), Estimating means of
bounded random variables by betting; Ramdas, Ruf, Larsson and Koolen (2020), Admissible anytime-valid inference.

The confidence sequence is what the same bets do not reject when the null is shifted to each value.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STAKES = np.array([0.3, 1.0, 3.0, 8.0])
STEPS = np.concatenate(
    [[0.0], np.geomspace(0.05, 20.0, 48)]
)  # standard deviations from the mean that ends are tried at


def log_e_path(d: Floats) -> Floats:
    """The logarithm of E after each seed, against a mean of at most zero, (S, ...).

    Args:
        d: (S, ...) differences in the order of the seeds, NaN where a seed has none, which leaves E as it is.
    """
    x = np.where(np.isfinite(d), d, 0.0)
    seen = np.cumsum(np.isfinite(d), axis=0)
    scale = np.sqrt(np.cumsum(x**2, axis=0) / np.maximum(seen, 1))
    size = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0)
    logs = [np.cumsum(_log_bet(stake * size), axis=0) for stake in STAKES]
    return np.asarray(np.logaddexp.reduce(np.stack(logs), axis=0) - math.log(len(STAKES)))


def log_e(d: Floats) -> Floats:
    """The logarithm of the largest E so far, 1 before the first seed, (...).

    Args:
        d: as `log_e_path`.
    """
    return np.asarray(log_e_path(d).max(axis=0, initial=0.0))


def confidence_ends(d: Floats, *thresholds: float) -> list[Floats]:
    """Low and high ends (m,) of the means that bets have not rejected so far, at each threshold in turn.

    An end is a point of a grid that is rejected, so that the sequence is wide by at most one step. Where nothing is
    left, differences have not been symmetric about one point, and both ends are infinite. So they are where differences
    are all the same and too few to reject any other value.

    Args:
        d: (S, m), NaN where a seed has none.
        thresholds: of E at one end: 1/α for a bound, 2/α for the ends of an interval.
    """
    n, known = np.isfinite(d).sum(0), np.where(np.isfinite(d), d, 0.0)
    mean = known.sum(0) / np.maximum(n, 1)
    spread = np.sqrt((np.where(np.isfinite(d), d - mean, 0.0) ** 2).sum(0) / np.maximum(n - 1, 1))
    constant = spread <= 1e-12 * np.abs(known).max(0, initial=0.0)
    spread = np.where(constant, 0.0, spread)
    tried = {sign: mean + sign * STEPS[:, None] * spread for sign in (-1, 1)}  # (G, m), from the mean outwards
    reached = {sign: log_e(-sign * (d[:, None] - points)) for sign, points in tried.items()}
    ends = []
    for threshold in thresholds:
        rejected = {sign: logs >= math.log(threshold) for sign, logs in reached.items()}
        none_left = ~constant & (rejected[-1].all(0) | rejected[1].all(0))
        too_few = constant & (2.0 ** np.minimum(n, 1_000) < threshold * len(STAKES))
        for sign in (-1, 1):
            beyond = np.cumprod(rejected[sign][::-1], axis=0).sum(0)  # points rejected in one run from the outermost
            at = np.minimum(len(STEPS) - beyond, len(STEPS) - 1)[None]
            end = np.take_along_axis(tried[sign], at, 0)[0]
            unbounded = none_left | too_few | (~constant & (beyond == 0))
            ends.append(np.where(unbounded, sign * np.inf, end))
    return ends


def seeds_until(effect: float, sd: float, threshold: float) -> float:
    """About how many seeds E takes to reach a threshold, for normal differences of this mean above zero and spread.

    The logarithm of the threshold and of what the mixture costs, by the mean growth of the best stake a seed.
    """
    ratio = min(effect / sd, 6.0) if sd > 0 else 6.0
    nodes, weights = _normal_nodes()
    growth = float(weights @ _log_bet(ratio * (nodes + ratio)))
    return (math.log(threshold) + math.log(len(STAKES)) / 2) / growth if growth > 0 else math.inf


def _log_bet(stake: Floats) -> Floats:
    return np.asarray(np.log1p(np.maximum(np.tanh(stake), 1e-12 - 1)))


@lru_cache(maxsize=1)
def _normal_nodes() -> tuple[Floats, Floats]:
    """Nodes and weights of expectations under a standard normal distribution."""
    nodes, weights = hermegauss(61)
    return nodes, weights / math.sqrt(2 * math.pi)
