"""Config of `som`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthmix.config.schema import Count, Positive
from synthmix.tasks.clustering.config import KClustersConfig

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig


@dataclass(kw_only=True, frozen=True)
class SomConfig(KClustersConfig):
    """A self-organising map."""

    _target_: str = "synthmix.tasks.clustering.learners.som.SelfOrganizingMap"
    rows: Count
    columns: Count
    epochs: Count
    sigma_start: Positive
    sigma_end: Positive
    neighbourhood: Literal["gaussian", "bubble"]

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """The nodes are what is grouped, so there must be enough of them too."""
        yield from super().faults(cell)
        n_clusters = self.clusters_for(cell.outline.spec)
        if n_clusters is not None:
            yield from self.too_many(n_clusters, self.rows * self.columns, "clusterer.rows × clusterer.columns")
