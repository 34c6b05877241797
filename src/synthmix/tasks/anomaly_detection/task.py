"""Anomaly detection: a detector is fitted on the mixture and says how normal held-out points are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.spec import DataSpec
from synthmix.tasks.anomaly_detection.outputs import FLAGGED, NORMALITY
from synthmix.tasks.anomaly_detection.task_config import AnomalyDetectionConfig
from synthmix.tasks.losses import losses_of
from synthmix.tasks.outputs import HELD_OUT_LOSS
from synthmix.tasks.seeding import with_random_state


class AnomalyDetection:
    """The task of finding what is not like the rest.

    The order of the points and the threshold are two things: scores of the order need no threshold, which is the
    quantile of the mixture's own normality below which a share of its points lies, each with its weight.

    Args:
        config: the share of anomalies in train, and the share of points that the threshold flags where train is clean.
        estimator: the learner, an unfitted scikit-learn outlier detector with `fit` and `score_samples`: the larger,
            the more normal.
        spec: of the data.
    """

    prefix: ClassVar[str] = "anomaly"
    learner: ClassVar[str] = "detector"
    scored_by: ClassVar[str] = "synthmix.tasks.anomaly_detection.metrics"
    drawn_by: ClassVar[str] = "synthmix.tasks.anomaly_detection.pictures"
    primary: ClassVar[Sequence[str]] = ("roc_auc",)
    choose_by: ClassVar[Sequence[str]] = ()

    def __init__(self, config: AnomalyDetectionConfig, *, estimator: Any, spec: DataSpec) -> None:
        self.estimator = estimator
        self.flagged_share = config.flagged_share if config.contamination is None else config.contamination

    def fit(self, points: NDArray[Any], weight: NDArray[Any] | None, seed: int) -> Self:
        """Fits the detector to points (N, d), in float64, and sets the threshold."""
        points = points.astype(np.float64)
        with_random_state(self.estimator, seed, "detector")
        self.estimator.fit(points, **({} if weight is None else {"sample_weight": weight}))
        normality = np.asarray(self.estimator.score_samples(points), dtype=np.float64)
        self.threshold = _quantile(normality, self.flagged_share, weight)
        return self

    def outputs(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """`normality`, float64, (N,), the larger, the more normal; `flagged`, bool, (N,): below the threshold.

        And `held_out_loss`, float64, (N,), where the detector has one.
        """
        normality = np.asarray(self.estimator.score_samples(points.astype(np.float64)), dtype=np.float64)
        found = {NORMALITY: normality, FLAGGED: normality < self.threshold}
        losses = self.losses(points)
        return found if losses is None else found | {HELD_OUT_LOSS: losses}

    def losses(self, points: NDArray[Any]) -> NDArray[np.float64] | None:
        """The detector's loss of each point, float64, (N,); None where it has none."""
        return losses_of(self.estimator, points.astype(np.float64))


def _quantile(values: NDArray[np.float64], share: float, weight: NDArray[Any] | None) -> float:
    """The least value at or below which at least this share of the weight lies."""
    order = np.argsort(values, kind="stable")
    weights = np.ones(len(values)) if weight is None else weight.astype(np.float64)
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(below, share).clip(max=len(values) - 1)])
