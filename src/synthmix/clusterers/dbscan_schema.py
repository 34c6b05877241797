"""Schema of `dbscan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.clusterers.base_schema import ClustererSchema
from synthmix.schema import Count, Positive


@dataclass(kw_only=True)
class DbscanSchema(ClustererSchema):
    """A radius, or `auto` for the knee of the k-distance curve."""

    _target_: Literal["synthmix.clusterers.dbscan.DBSCAN"]
    eps: Positive | Literal["auto"]
    min_samples: Count
