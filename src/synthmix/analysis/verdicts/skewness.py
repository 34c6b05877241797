"""Whether paired differences look too skewed for what is said of them to hold at its nominal level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

CHANCE = 0.05  # of a normal sample to look skewed, about
FEWEST = 4  # differences from which on skewness can be noticed


def skewness_warning(d: ArrayLike) -> NDArray[np.bool_]:
    """Which contrasts look too skewed for the nominal level to be relied on, (m,).

    The adjusted Fisher–Pearson coefficient is beyond twice its standard error under a normal distribution; about one
    normal sample in 20 is. One or two collapsed seeds of ten are noticed; a collapse that no seed shows cannot be.

    Args:
        d: (S, m), NaN where a seed lacks a contrast. With fewer than four differences nothing can be noticed.
    """
    x = np.asarray(d, dtype=float)
    skewed = np.zeros(x.shape[1], dtype=bool)
    for j, n in enumerate(np.isfinite(x).sum(0).tolist()):
        if n < FEWEST:
            continue
        values = x[np.isfinite(x[:, j]), j]
        e = values - values.mean()
        second = float((e**2).mean())
        if second <= (1e-9 * float(np.abs(values).max())) ** 2:
            continue
        coefficient = float((e**3).mean()) / second**1.5 * (n * (n - 1)) ** 0.5 / (n - 2)
        error = (6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))) ** 0.5
        skewed[j] = abs(coefficient) > 2 * error
    return skewed


def more_skewed_than_chance(d: ArrayLike) -> bool:
    """Whether more contrasts of a family look skewed than would in 19 of 20 families of independent normal ones."""
    warned = skewness_warning(d)
    count = int(warned.sum())
    return count > 0 and float(bdtrc(count - 1, len(warned), CHANCE)) <= CHANCE + 1e-9
