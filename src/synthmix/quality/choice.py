"""Scores by which a state of a training may be chosen: distances from a sample to `val`, without labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.quality.features.extractors import PcaFeatures, space_of_distances
from synthmix.quality.frechet import Moments
from synthmix.quality.kernels import kid
from synthmix.quality.scores import extract

Score = Literal["fd_pca", "kid"]


def distance_to(name: Score, val: Dataset) -> Callable[[Tensor], float]:
    """The distance of a sample (N, *shape) to `val`, as `quality_scores` has it."""
    if name == "kid":
        space = space_of_distances((), val)
        real = extract(space, val.x)
        return lambda sample: kid(real, extract(space, sample))
    axes = PcaFeatures.fit(val.x, val.spec)
    reference = Moments.of(extract(axes, val.x))
    return lambda sample: reference.distance(Moments.of(extract(axes, sample)))
