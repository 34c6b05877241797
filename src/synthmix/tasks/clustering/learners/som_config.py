"""Config of `som`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count, Positive
from synthmix.tasks.clustering.config import RuledConfig


@dataclass(kw_only=True, frozen=True)
class SomConfig(RuledConfig):
    """A self-organising map.

    Attributes:
        rows: of the grid.
        columns: of the grid.
        epochs: passes over the points.
        sigma_start: width of the neighbourhood at the beginning, in grid steps.
        sigma_end: likewise at the end.
        neighbourhood: its shape.
        search: of the grid one side alone varies. The longer side follows the first principal component, so that 8 × 12
            is the map that 12 × 8 is: this tries sizes and shapes, square and long, and none twice.
    """

    _target_: str = "synthmix.tasks.clustering.learners.som.SelfOrganizingMap"
    name: str = "som"
    rows: Count = 10
    columns: Count = 10
    epochs: Count = 10
    sigma_start: Positive = 3.0
    sigma_end: Positive = 1.0
    neighbourhood: Literal["gaussian", "bubble"] = "gaussian"
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"sigma_end": [0.5, 1.0, 2.0], "rows": [8, 12, 16], "columns": [8]}
    )

    def faults(self, cell: Cell) -> Iterator[str]:
        """The nodes are what is grouped, so there must be enough of them too."""
        yield from super().faults(cell)
        n_clusters = self.clusters_for(cell.outline.spec)
        if n_clusters is not None:
            yield from self.too_many(n_clusters, self.rows * self.columns, "clusterer.rows × clusterer.columns")
