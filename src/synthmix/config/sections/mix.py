"""Keys of `mix`, and how many points a ratio stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import NonNegative, Positive

MOST_VALUES = 2e9  # 8 GB as float32


def synthetic_count(ratio: float, n_real: int) -> int:
    """⌊r·n⌋, exact for a ratio written in decimals: 0.29 of 100 is 29, not 28."""
    return floor(Fraction(str(ratio)) * n_real)


@dataclass(kw_only=True, frozen=True)
class MixConfig:
    """How many synthetic points join the real ones, and what each weighs.

    Attributes:
        ratio: synthetic points for each real training point.
        synthetic_weight: of a synthetic point, where a real one has 1.
    """

    ratio: NonNegative = 1.0
    synthetic_weight: Positive = 1.0

    def faults(self, cell: Cell) -> Iterator[str]:
        """A mixture that fits into memory."""
        n_train, _ = cell.train_size
        most = MOST_VALUES / (n_train * cell.outline.spec.size)
        if self.ratio > most:
            yield f"mix.ratio={self.ratio:g}: must be ≤ {most:.4g}, for a mixture of at most {MOST_VALUES:.0e} values"
