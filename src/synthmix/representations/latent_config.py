"""Schema of the latent representations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.config.schema import Count, Member
from synthmix.representations.config import RepresentationSchema


@dataclass(kw_only=True)
class LatentSchema(RepresentationSchema):
    """A generator with an encoder."""

    _target_: Literal["synthmix.representations.latent.LatentRepresentation"]
    generator: Member
    accelerator: Literal["cpu", "gpu", "auto"]
    precision: Literal["32-true", "bf16-mixed"]
    limit_steps: Count | None

    def faults(self, cell: Any) -> Iterator[str]:
        """Those of the generator, under its own key."""
        for fault in self.generator.faults(cell):
            yield fault.replace("model.", "representation.generator.", 1)
