"""What the configs of all clusterers share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Range
from synthmix.spec import DataSpec


@dataclass(kw_only=True, frozen=True)
class KClustersConfig(ClustererConfig):
    """A clusterer that is given the number of clusters.

    Attributes:
        n_clusters: null takes the number of known classes.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True

    n_clusters: Annotated[int, Range(low=2)] | None = None

    def clusters_for(self, spec: DataSpec) -> int | None:
        """`n_clusters`, or the number of known classes in its place; None where neither is known."""
        return spec.n_classes if self.n_clusters is None else self.n_clusters

    def faults(self, cell: Cell) -> Iterator[str]:
        """Known classes where the number is left to them, and at least as many points as clusters."""
        yield from super().faults(cell)
        n_clusters = self.clusters_for(cell.outline.spec)
        if n_clusters is None:
            yield "clusterer.n_clusters=null: the data has no known classes; give a number ≥ 2"
        else:
            limit, reason = cell.train_size
            yield from self.too_many(n_clusters, limit, reason)

    def too_many(self, n_clusters: int, limit: int, reason: str) -> Iterator[str]:
        """The fault of more clusters than `limit`."""
        if n_clusters > limit:
            given = f"null: {n_clusters} known classes" if self.n_clusters is None else f"{n_clusters}"
            yield f"clusterer.n_clusters={given}: must be ≤ {limit} ({reason})"
