"""Power: the effect that so many seeds find, and the seeds that an effect takes.

Student's t test stands in for the sign-flip test, whose power is nearly the same once it has enough patterns. A family
of correlated contrasts is given by the number of independent tests that it is worth.
"""

from __future__ import annotations

import math

from scipy.special import nctdtr, nctdtrinc, stdtrit

ALPHA = 0.05
SIDE = ALPHA / 2  # of "helps" and of "harms" each, so that a verdict never goes beyond a two-sided p
POWER = 0.8
MOST_SEEDS = 1_000  # more than that nobody runs


def detectable_effect(sd: float, seeds: int, tests: float, power: float = POWER, alpha: float = SIDE) -> float:
    """The mean paired difference that a one-sided test finds with this power: δ·sd / √seeds.

    δ is the noncentrality with which Student's t exceeds its 1 − `alpha` / `tests` quantile with probability `power`.

    Args:
        sd: of the paired differences, in units of the score.
        seeds: pairs.
        tests: independent tests that the family is worth, from 1.
        power: between 0 and 1.
        alpha: family-wise level.

    Returns:
        Infinite where no effect can be found: a sign-flip test of S seeds attains p = 2^−S at best.
    """
    if seeds < fewest_seeds(alpha):
        return math.inf
    critical = float(stdtrit(seeds - 1, 1 - alpha / tests))
    return float(nctdtrinc(seeds - 1, 1 - power, critical)) * sd / math.sqrt(seeds)


def fewest_seeds(alpha: float = SIDE) -> int:
    """Seeds from which on a one-sided sign-flip test can attain `alpha`: ⌈log₂(1 / alpha)⌉."""
    return math.ceil(math.log2(1 / alpha))


def seeds_to_find(effect: float, sd: float, tests: float, power: float = POWER, alpha: float = SIDE) -> int | None:
    """The seeds with which a one-sided test finds a mean paired difference with this power.

    Args:
        effect: the mean; nothing finds one that is not above zero.
        sd: of the paired differences.
        tests: as `detectable_effect`.
        power: as `detectable_effect`.
        alpha: as `detectable_effect`.

    Returns:
        None where that takes more than twice `MOST_SEEDS`.
    """
    if not effect > 0:
        return None
    low, high = fewest_seeds(alpha), 2 * MOST_SEEDS
    if not _found(effect, sd, high, tests, power, alpha):
        return None
    while low < high:
        middle = (low + high) // 2
        if _found(effect, sd, middle, tests, power, alpha):
            high = middle
        else:
            low = middle + 1
    return low


def _found(effect: float, sd: float, seeds: int, tests: float, power: float, alpha: float) -> bool:
    if sd <= 0:
        return True
    critical = float(stdtrit(seeds - 1, 1 - alpha / tests))
    noncentrality = min(effect / sd * math.sqrt(seeds), critical + 30.0)  # beyond that power is 1
    return 1 - float(nctdtr(seeds - 1, noncentrality, critical)) >= power
