"""Config of `dbscan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Count, Positive


@dataclass(kw_only=True, frozen=True)
class DbscanConfig(ClustererConfig):
    """Density-based clustering.

    Attributes:
        eps: radius of a neighbourhood; auto: the knee of the k-distance curve of the points that are clustered.
        min_samples: points in the neighbourhood of a core point, itself included.
    """

    takes_weights: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.clustering.learners.dbscan.DBSCAN"
    name: str = "dbscan"
    eps: Positive | Literal["auto"] = "auto"
    min_samples: Count = 5
