"""Scores by which a state of a training may be chosen: distances from a sample to `val`, without labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.metrics.features import PcaFeatures
from synthmix.metrics.quality import frechet_distance

Score = Literal["fd_pca"]


def distance_to(name: Score, val: Dataset) -> Callable[[Tensor], float]:
    """The distance of a sample (N, *shape) to `val` on its leading principal axes."""
    extractor = PcaFeatures.fit(val.x, val.spec)
    return lambda sample: frechet_distance(extractor, val.x, sample)
