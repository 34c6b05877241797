"""Config of `trimmed_kmeans`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Decay
from synthmix.tasks.clustering.config import RuledConfig


@dataclass(kw_only=True, frozen=True)
class TrimmedKMeansConfig(RuledConfig):
    """k-means that leaves out the points that lie farthest from every centre.

    Attributes:
        trim: share of the points that is left out.
        n_init: starts, of which the best is kept.
        max_iter: steps of each start.
        search: shares from none to nearly a third. They are judged by distance, not by what each minimises, which falls
            with every point that is left out.
    """

    _target_: str = "synthmix.tasks.clustering.learners.prototypes.trimmed_kmeans.TrimmedKMeans"
    name: str = "trimmed_kmeans"
    trim: Decay = 0.1
    n_init: Count = 10
    max_iter: Count = 100
    search: dict[str, list[Any]] = field(default_factory=lambda: {"trim": [0.0, 0.05, 0.1, 0.2, 0.3]})

    def faults(self, cell: Cell) -> Iterator[str]:
        """As many points as clusters are kept."""
        yield from super().faults(cell)
        n_clusters, (n_train, reason) = self.clusters_for(cell.outline.spec), cell.train_size
        if n_clusters is not None and n_clusters <= n_train:
            yield from self.too_many(n_clusters, int((1 - self.trim) * n_train + 1e-9), f"{reason} less clusterer.trim")
