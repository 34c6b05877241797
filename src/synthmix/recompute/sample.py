"""A random part of what there is to compute, by a seed that is told, so that somebody else can draw the same."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from synthmix.errors import InvalidInput

T = TypeVar("T")
SEEDS = 2**32


@dataclass(frozen=True)
class Sample:
    """How much is drawn, `5%` or a number of cells, and by which seed."""

    part: str
    seed: int

    @classmethod
    def of(cls, part: str, seed: int | None) -> Sample:
        """Those that were given; without a seed one that nobody can know beforehand.

        Raises:
            InvalidInput: what is given cannot be drawn.
        """
        if not re.fullmatch(r"\d{1,3}(\.\d+)?%|\d{1,9}", part) or not float(part.removesuffix("%")) > 0:
            raise InvalidInput(f"--sample={part}: must be a part such as 5%, or a number of cells, > 0")
        if part.endswith("%") and float(part.removesuffix("%")) > 100:
            raise InvalidInput(f"--sample={part}: must be ≤ 100%")
        if seed is not None and not 0 <= seed < SEEDS:
            raise InvalidInput(f"--seed={seed}: must be from 0 to {SEEDS - 1}")
        return cls(part, secrets.randbelow(SEEDS) if seed is None else seed)

    def drawn(self, things: Sequence[T]) -> list[T]:
        """The part of these, in their order; never none of some."""
        share = float(self.part.removesuffix("%"))
        wanted = math.ceil(len(things) * share / 100) if self.part.endswith("%") else int(share)
        chosen = np.random.default_rng(self.seed).choice(len(things), min(wanted, len(things)), replace=False)
        return [things[index] for index in sorted(chosen.tolist())]

    def __str__(self) -> str:
        return f"{self.part} by the seed {self.seed} (--sample {self.part} --seed {self.seed} draws the same)"
