"""Config of `pca`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synthmix.config.cross_checks import Cell
from synthmix.config.members import RepresentationConfig
from synthmix.config.schema import Count


@dataclass(kw_only=True, frozen=True)
class PcaConfig(RepresentationConfig):
    """Principal components.

    Attributes:
        n_components: from 1 to the smaller of the number of points and the values of a point.
        whiten: whether each component is scaled to unit variance.
    """

    _target_: str = "synthmix.representations.pca.PcaRepresentation"
    name: str = "pca"
    n_components: Count = 10
    whiten: bool = False

    def faults(self, cell: Cell) -> Iterator[str]:
        """There are no more components than values of a point, and than points."""
        limit, reason = min((cell.outline.spec.size, "values of a point"), cell.train_size)
        if self.n_components > limit:
            yield f"representation.n_components={self.n_components}: must be ≤ {limit} ({reason})"
