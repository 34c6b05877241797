"""Config of the latent representations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ModelConfig, RepresentationConfig
from synthmix.config.schema import Count


@dataclass(kw_only=True, frozen=True)
class LatentConfig(RepresentationConfig):
    """A generator with an encoder.

    Attributes:
        generator: its config.
        accelerator: of its training, as of `trainer`.
        precision: likewise.
        limit_steps: likewise.
    """

    _target_: str = "synthmix.representations.latent.LatentRepresentation"
    generator: ModelConfig
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None

    def faults(self, cell: Cell) -> Iterator[str]:
        """Those of the generator, under its own key."""
        for fault in self.generator.faults(cell):
            yield fault.replace("model.", "representation.generator.", 1)
