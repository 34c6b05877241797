"""Schema of `pca`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.config.schema import Count
from synthmix.data.config import train_size
from synthmix.representations.config import RepresentationSchema


@dataclass(kw_only=True)
class PcaSchema(RepresentationSchema):
    """Principal components."""

    _target_: Literal["synthmix.representations.pca.PcaRepresentation"]
    n_components: Count
    whiten: bool

    def faults(self, cell: Any) -> Iterator[str]:
        """There are no more components than values of a point, and than points."""
        limit, reason = min((cell.outline.spec.size, "values of a point"), train_size(cell))
        if self.n_components > limit:
            yield f"representation.n_components={self.n_components}: must be ≤ {limit} ({reason})"
