"""Config of `kmedoids`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count
from synthmix.tasks.clustering.config import RuledConfig, pairs_fault


@dataclass(kw_only=True, frozen=True)
class KMedoidsConfig(RuledConfig):
    """k-medoids. Nothing to tune: beside the number of clusters its keys say only how hard it searches.

    Attributes:
        sample_size: points of a start; null takes all, which needs the distances of all pairs.
        n_init: starts, of which the best is kept.
        max_iter: rounds of each start.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "FasterPAM counts points"
    uses: ClassVar[tuple[str, ...]] = ("kmedoids.KMedoids",)

    _target_: str = "synthmix.tasks.clustering.learners.prototypes.kmedoids.KMedoids"
    name: str = "kmedoids"
    sample_size: Count | None = None
    n_init: Count = 5
    max_iter: Count = 100

    def faults(self, cell: Cell) -> Iterator[str]:
        """The package must be there, and a sample, or all pairs of the mixture, of the right size."""
        yield from super().faults(cell)
        if find_spec("kmedoids") is None:
            yield f"clusterer.name={self.name}: needs the package kmedoids; pip install 'synthmix[kmedoids]'"
        n_clusters = self.clusters_for(cell.outline.spec)
        if self.sample_size is None:
            yield from pairs_fault(cell, "clusterer.sample_size=null", 4, "give a number of points (CLARA)")
        elif n_clusters is not None:
            yield from self.too_many(n_clusters, self.sample_size, "clusterer.sample_size")
