"""The config of the task `compression`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Decay, Positive, Range
from synthmix.config.task import TaskConfig


@dataclass(kw_only=True, frozen=True)
class CompressionConfig(TaskConfig):
    """Few bits for a point, by a codec.

    Attributes:
        bits: of the symbol of each latent value, before entropy coding.
        clipped_share: share of the mixture that lies outside the range of the quantiser, half of it on either side.
        rate_weight: λ of `rate_distortion_cost`: the mean squared error, in per cent of the squared peak, that a bit
            for each value of a point is worth. At four bits on digits, the curves fall by .2 (PCA) to 4 (codebooks).
    """

    _target_: str = "synthmix.tasks.compression.task.Compression"
    name: str = "compression"
    bits: Annotated[int, Range(low=1, high=16)] = 4
    clipped_share: Decay = 0.01
    rate_weight: Positive = 1.0

    def faults(self, cell: Cell) -> Iterator[str]:
        """The points themselves are rebuilt, which a representation has no way back to."""
        yield from super().faults(cell)
        if cell.representation.name != "identity":
            given = f"representation.name={cell.representation.name}"
            yield f"{given}: task.name={self.name} rebuilds the points themselves; must be identity"
