"""Keys of `quality`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.config.sections.inception_weights import weights_fault


@dataclass(kw_only=True, frozen=True)
class QualityConfig:
    """How a generator's samples are compared with real points that it did not see.

    Attributes:
        extractors: feature spaces; null takes those that suit the data.
        n_samples: the most synthetic points to compare.
        supervised: whether to train classifiers with labels of real points too (`tstr`, `trtr`, `augmentation_gain`).
        alarms: limits beyond which a generator is plainly broken.
        inception_weights: torch-fidelity's file of weights, for `fid` and `inception_score`; null leaves them out.
    """

    extractors: list[Literal["pixels", "pca", "classifier"]] | None = None
    n_samples: Count = 10_000
    supervised: bool = False
    inception_weights: str | None = None
    alarms: AlarmsConfig = field(default_factory=AlarmsConfig)

    def faults(self, cell: Cell) -> Iterator[str]:
        """The classifier features are trained on a reserve of labelled images; others need labels or a file."""
        spec = cell.outline.spec
        if "classifier" in (self.extractors or ()) and (spec.kind != "image" or cell.parts.n_reserve == 0):
            yield f"quality.extractors=classifier: data.name={spec.name} has no reserve of images (data.n_reserve)"
        if self.supervised and spec.n_classes is None:
            yield f"quality.supervised=true: data.name={spec.name} has no labels"
        if self.inception_weights is not None:
            fault = weights_fault(self.inception_weights, spec)
            if fault is not None:
                yield f"quality.inception_weights={self.inception_weights}: {fault}"
