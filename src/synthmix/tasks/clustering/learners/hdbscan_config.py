"""Config of `hdbscan`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Count, Range


@dataclass(kw_only=True, frozen=True)
class HdbscanConfig(ClustererConfig):
    """Hierarchical density-based clustering.

    Attributes:
        min_cluster_size: points of a cluster.
        min_samples: the core distance is that to the nearest point of this number; null takes min_cluster_size.
        cluster_selection_method: excess of mass, or the leaves of the hierarchy, which are more and smaller.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "its core distances count neighbours"
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.clustering.learners.hdbscan.HDBSCAN"
    name: str = "hdbscan"
    min_cluster_size: Annotated[int, Range(low=2)] = 5
    min_samples: Count | None = None
    cluster_selection_method: Literal["eom", "leaf"] = "eom"
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"min_cluster_size": [5, 10, 20], "min_samples": [1, 3, 5, 10]}
    )

    def faults(self, cell: Cell) -> Iterator[str]:
        """A core distance needs that many points."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        key = "min_cluster_size" if self.min_samples is None else "min_samples"
        if (needed := getattr(self, key)) > n_train:
            yield f"clusterer.{key}={needed}: must be ≤ {n_train} ({reason})"
