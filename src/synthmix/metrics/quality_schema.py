"""Keys of `quality`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.schema import Count


@dataclass(kw_only=True)
class QualitySchema:
    """How a generator's samples are compared with real points that it did not see.

    Attributes:
        extractors: feature spaces; null takes those that suit the data.
        n_samples: the most synthetic points to compare.
    """

    extractors: list[Literal["pixels", "pca", "classifier"]] | None
    n_samples: Count
