"""Config of `dbscan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from synthmix.config.members import ClustererConfig
from synthmix.config.schema import Count, Positive


@dataclass(kw_only=True, frozen=True)
class DbscanConfig(ClustererConfig):
    """A radius, or `auto` for the knee of the k-distance curve."""

    takes_weights: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.clustering.learners.dbscan.DBSCAN"
    eps: Positive | Literal["auto"]
    min_samples: Count
