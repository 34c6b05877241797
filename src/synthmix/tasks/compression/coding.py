"""From latents to bits: a uniform scalar quantiser, and the frequencies of its symbols. Both learn from the mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Symbols = NDArray[np.int32]


@dataclass(frozen=True)
class UniformQuantiser:
    """2^bits intervals of equal width for each latent value; what lies outside falls to the nearest interval.

    Attributes:
        low: lower end of the first interval of each latent value, (L,).
        step: width of an interval, (L,); 0 where the mixture has one value only.
        levels: number of intervals.
    """

    low: Array
    step: Array
    levels: int

    @classmethod
    def fit(cls, latents: Array, weight: NDArray[Any] | None, bits: int, clipped_share: float) -> Self:
        """Sets the range of each latent value by quantiles.

        Args:
            latents: of the mixture, (N, L).
            weight: of each point, (N,), or None where all weigh the same.
            bits: of a symbol.
            clipped_share: share of the weight that may lie outside the range, half of it on either side.
        """
        low, high = (quantiles(latents, weight, share) for share in (clipped_share / 2, 1 - clipped_share / 2))
        return cls(low, (high - low) / 2**bits, 2**bits)

    def encode(self, latents: Array) -> Symbols:
        """Number of the interval of each value: (N, L) → int32, (N, L), from 0 to levels − 1."""
        width = np.where(self.step > 0, self.step, 1.0)
        place = np.where(self.step > 0, np.floor((latents - self.low) / width), 0.0)
        return place.clip(0, self.levels - 1).astype(np.int32)

    def decode(self, symbols: Symbols) -> Array:
        """The middle of each interval: (N, L) → float64, (N, L)."""
        return np.asarray(self.low + (symbols + 0.5) * self.step)


@dataclass(frozen=True)
class SymbolFrequencies:
    """How often each symbol occurs in each latent value, by add-one smoothing, so that no code length is infinite.

    Attributes:
        bits: −log₂ of the smoothed frequency, (L, levels).
    """

    bits: Array

    @classmethod
    def fit(cls, symbols: Symbols, weight: NDArray[Any] | None, levels: int) -> Self:
        """Counts the symbols (N, L) of the mixture, each with the weight of its point, (N,), or 1."""
        counts = np.stack([np.bincount(column, weight, minlength=levels) for column in symbols.T]) + 1.0
        return cls(np.log2(counts.sum(axis=1, keepdims=True)) - np.log2(counts))

    def code_length(self, symbols: Symbols) -> Array:
        """Bits of each point, summed over its latent values: (N, L) → float64, (N,)."""
        return np.asarray(self.bits[np.arange(symbols.shape[1]), symbols].sum(axis=1))


def quantiles(values: Array, weight: NDArray[Any] | None, share: float) -> Array:
    """Of each column of (N, L), the least value at or below which at least this share of the weight lies: (L,)."""
    order = np.argsort(values, axis=0, kind="stable")
    weights = np.ones(len(values)) if weight is None else weight.astype(np.float64)
    below = np.cumsum(weights[order], axis=0) / weights.sum()
    place = (below < share).sum(axis=0).clip(max=len(values) - 1)
    return np.asarray(np.take_along_axis(values, np.take_along_axis(order, place[None], axis=0), axis=0)[0])
