"""Config of `dbscan`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Count, Positive, Share


@dataclass(kw_only=True, frozen=True)
class DbscanConfig(ClustererConfig):
    """Density-based clustering.

    Attributes:
        eps: radius of a neighbourhood; auto: the knee of the k-distance curve of the points that are clustered.
        min_samples: points in the neighbourhood of a core point, itself included.
        eps_quantile: where eps is auto, the share of the k-distance curve at which it is read in place of the knee.
        search: of the radius quantiles of a half and more, so that at least half of the points are in a cluster: what
            calls nearly everything noise may be stable, and is no clustering.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.dbscan.DBSCAN"
    name: str = "dbscan"
    eps: Positive | Literal["auto"] = "auto"
    min_samples: Count = 5
    eps_quantile: Share | None = None
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"min_samples": [3, 5, 10], "eps_quantile": [None, 0.5, 0.7, 0.9]}
    )

    def faults(self, cell: Cell) -> Iterator[str]:
        """A quantile of the curve is for a radius that is read off it."""
        yield from super().faults(cell)
        if self.eps_quantile is not None and self.eps != "auto":
            yield f"clusterer.eps_quantile={self.eps_quantile:g}: must be null (clusterer.eps={self.eps:g})"
