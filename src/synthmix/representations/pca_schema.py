"""Schema of `pca`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.representations.base_schema import RepresentationSchema
from synthmix.schema import Count


@dataclass(kw_only=True)
class PcaSchema(RepresentationSchema):
    """Principal components."""

    _target_: Literal["synthmix.representations.pca.PcaRepresentation"]
    n_components: Count
    whiten: bool

    def faults(self, cell: Any) -> Iterator[str]:
        """There are no more components than values of a point, and than points."""
        n_train = cell.data.n_train
        points = (cell.outline.n_learn, "points to learn from") if n_train is None else (n_train, "data.n_train")
        limit, reason = min((cell.outline.spec.size, "values of a point"), points)
        if self.n_components > limit:
            yield f"representation.n_components={self.n_components}: must be ≤ {limit} ({reason})"
