"""Config of `pca`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Count

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class PcaConfig(RepresentationConfig):
    """Principal components."""

    _target_: str = "synthmix.representations.pca.PcaRepresentation"
    n_components: Count
    whiten: bool

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """There are no more components than values of a point, and than points."""
        limit, reason = min((cell.outline.spec.size, "values of a point"), cell.train_size)
        if self.n_components > limit:
            yield f"representation.n_components={self.n_components}: must be ≤ {limit} ({reason})"
