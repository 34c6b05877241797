"""Configs of the clusterers that work on a graph of nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count
from synthmix.tasks.clustering.config import RuledConfig, pairs_fault


@dataclass(kw_only=True, frozen=True)
class AgglomerativeConfig(RuledConfig):
    """Merges along a graph of nearest neighbours.

    Attributes:
        linkage: between clusters.
        n_neighbors: of each point in the graph; null merges without a graph, which needs the distances of all pairs.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "it merges single points"
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.graph.agglomerative.AgglomerativeClusterer"
    name: str = "agglomerative"
    linkage: Literal["ward", "complete", "average", "single"] = "ward"
    n_neighbors: Count | None = 10
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"linkage": ["ward", "complete", "average"], "n_neighbors": [5, 10, 20]}
    )

    def faults(self, cell: Cell) -> Iterator[str]:
        """All pairs of a mixture must fit into memory."""
        yield from super().faults(cell)
        if self.n_neighbors is None:
            yield from pairs_fault(cell, "clusterer.n_neighbors=null", 8, "give a number of neighbours")


@dataclass(kw_only=True, frozen=True)
class SpectralConfig(RuledConfig):
    """The normalised cut of a graph of nearest neighbours.

    Attributes:
        n_neighbors: of each point in the graph.
        n_init: starts of k-means on the eigenvectors.
        search: the graph is all that there is to choose; small ones tear clusters apart, large ones join them.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "its graph counts neighbours"
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.graph.spectral.SpectralClusterer"
    name: str = "spectral"
    n_neighbors: Count = 10
    n_init: Count = 10
    search: dict[str, list[Any]] = field(default_factory=lambda: {"n_neighbors": [5, 10, 15, 20, 30]})
