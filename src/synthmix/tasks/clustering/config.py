"""What the schemas of all clusterers share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from synthmix.config.schema import Member, Range
from synthmix.data.config import train_size
from synthmix.data.spec import DataSpec


@dataclass(kw_only=True)
class ClustererSchema(Member):
    """A clusterer; `takes_weights` says whether its `fit` has a `sample_weight`."""

    takes_weights: ClassVar[bool] = True

    def faults(self, cell: Any) -> Iterator[str]:
        """A weight other than 1 needs a clusterer that takes weights."""
        weight = cell.mix.synthetic_weight
        if weight != 1 and not self.takes_weights:
            yield f"mix.synthetic_weight={weight:g}: clusterer.name={self.name} takes no sample weights; must be 1"


@dataclass(kw_only=True)
class KClustersSchema(ClustererSchema):
    """A clusterer that is told the number of clusters; null takes the number of known classes."""

    n_clusters: Annotated[int, Range(low=2)] | None

    def clusters_for(self, spec: DataSpec) -> int | None:
        """`n_clusters`, or the number of known classes in its place; None where neither is known."""
        return spec.n_classes if self.n_clusters is None else self.n_clusters

    def faults(self, cell: Any) -> Iterator[str]:
        """Known classes where the number is left to them, and at least as many points as clusters."""
        yield from super().faults(cell)
        n_clusters = self.clusters_for(cell.outline.spec)
        if n_clusters is None:
            yield "clusterer.n_clusters=null: the data has no known classes; give a number ≥ 2"
        else:
            limit, reason = train_size(cell)
            yield from self.too_many(n_clusters, limit, reason)

    def too_many(self, n_clusters: int, limit: int, reason: str) -> Iterator[str]:
        """The fault of more clusters than `limit`."""
        if n_clusters > limit:
            given = f"null: {n_clusters} known classes" if self.n_clusters is None else f"{n_clusters}"
            yield f"clusterer.n_clusters={given}: must be ≤ {limit} ({reason})"
