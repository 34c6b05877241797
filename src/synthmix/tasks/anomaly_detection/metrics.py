"""The scores of an anomaly detector. Light: scikit-learn is imported when a score is computed.

Labels are 0 for a normal point and 1 for an anomaly. `roc_auc`, `average_precision` and `precision_at_n` judge the
order of the points alone; `f1`, `recall` and `false_alarm_rate` judge the points that the threshold flags.
`held_out_loss` is of all held-out points, anomalies included: how well the mixture foretells them, and not how well it
tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from synthmix.metric import HeldOut, Metric
from synthmix.tasks.anomaly_detection.outputs import FLAGGED, NORMALITY
from synthmix.tasks.metrics import MEAN_HELD_OUT_LOSS

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _judged(score: Callable[[NDArray[Any], HeldOut], float]) -> Callable[[HeldOut], float]:
    """A score that needs both kinds of points: NaN where one is missing."""

    def judge(held_out: HeldOut) -> float:
        assert held_out.labels is not None
        anomalous = held_out.labels.numpy() == 1
        return score(anomalous, held_out) if 0 < anomalous.sum() < len(anomalous) else math.nan

    return judge


def _roc_auc(anomalous: NDArray[Any], held_out: HeldOut) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(anomalous, -held_out.outputs[NORMALITY]))


def _average_precision(anomalous: NDArray[Any], held_out: HeldOut) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(anomalous, -held_out.outputs[NORMALITY]))


def _precision_at_n(anomalous: NDArray[Any], held_out: HeldOut) -> float:
    """Of the n least normal points, n the number of anomalies, the share of anomalies; ties count by their share."""
    normality, n = held_out.outputs[NORMALITY], int(anomalous.sum())
    bound = sorted(normality)[n - 1]
    below, tied = normality < bound, normality == bound
    return float((anomalous[below].sum() + anomalous[tied].mean() * (n - below.sum())) / n)


def _f1(anomalous: NDArray[Any], held_out: HeldOut) -> float:
    flagged = held_out.outputs[FLAGGED]
    return float(2 * (flagged & anomalous).sum() / (flagged.sum() + anomalous.sum()))


METRICS: Mapping[str, Metric] = {
    "roc_auc": Metric(score=_judged(_roc_auc), higher_is_better=True, needs_labels=True, worst=0.5),
    "average_precision": Metric(score=_judged(_average_precision), higher_is_better=True, needs_labels=True, worst=0.0),
    "precision_at_n": Metric(score=_judged(_precision_at_n), higher_is_better=True, needs_labels=True, worst=0.0),
    "f1": Metric(score=_judged(_f1), higher_is_better=True, needs_labels=True, worst=0.0),
    "recall": Metric(
        score=_judged(lambda anomalous, held_out: float(held_out.outputs[FLAGGED][anomalous].mean())),
        higher_is_better=True,
        needs_labels=True,
        worst=0.0,
    ),
    "false_alarm_rate": Metric(
        score=_judged(lambda anomalous, held_out: float(held_out.outputs[FLAGGED][~anomalous].mean())),
        higher_is_better=False,
        needs_labels=True,
        worst=1.0,
    ),
    "flagged_share": Metric(score=lambda held_out: float(held_out.outputs[FLAGGED].mean()), higher_is_better=None),
    "held_out_loss": MEAN_HELD_OUT_LOSS,
}
