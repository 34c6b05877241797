"""Schema of `dbscan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.config.schema import Count, Positive
from synthmix.tasks.clustering.config import ClustererSchema


@dataclass(kw_only=True)
class DbscanSchema(ClustererSchema):
    """A radius, or `auto` for the knee of the k-distance curve."""

    _target_: Literal["synthmix.tasks.clustering.learners.dbscan.DBSCAN"]
    eps: Positive | Literal["auto"]
    min_samples: Count
