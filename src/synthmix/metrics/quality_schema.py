"""Keys of `quality`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

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

    def faults(self, cell: Any) -> Iterator[str]:
        """The classifier features are trained on a reserve of labelled images."""
        spec = cell.outline.spec
        if "classifier" in (self.extractors or ()) and (spec.kind != "image" or cell.data.n_reserve == 0):
            yield f"quality.extractors=classifier: data.name={spec.name} has no reserve of images (data.n_reserve)"
