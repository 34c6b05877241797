"""The scores of a classifier. Light: scikit-learn and torchmetrics are imported when a score is computed.

All of them need the labels of held-out points. `log_loss` and `expected_calibration_error` judge the probabilities:
`log_loss` clips them at the resolution of float32, as scikit-learn does, since a classifier that counts neighbours or
trees calls a class impossible. `labelled_share` says how many of the synthetic points were given a label and used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from synthmix.metric import HeldOut, Metric
from synthmix.tasks.classification.outputs import LABELLED_SHARE, PROBABILITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15  # of confidence, as Guo et al. 2017 have them


def _labels(held_out: HeldOut) -> NDArray[Any]:
    assert held_out.labels is not None
    labels: NDArray[Any] = held_out.labels.numpy()
    return labels


def _accuracy(held_out: HeldOut) -> float:
    return float((held_out.outputs[PROBABILITIES].argmax(axis=1) == _labels(held_out)).mean())


def _macro_f1(held_out: HeldOut) -> float:
    """Mean F1 of the classes that occur among the points or the predictions."""
    from sklearn.metrics import f1_score

    predicted = held_out.outputs[PROBABILITIES].argmax(axis=1)
    return float(f1_score(_labels(held_out), predicted, average="macro", zero_division=0))


def _log_loss(held_out: HeldOut) -> float:
    """Minus the mean logarithm of the probability of the true class, in nats."""
    import numpy as np

    probabilities, labels = held_out.outputs[PROBABILITIES], _labels(held_out)
    of_true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(of_true.clip(np.finfo(np.float32).eps, None)).mean())


def _expected_calibration_error(held_out: HeldOut) -> float:
    """Distance between confidence and accuracy, mean over bins of equal width by their points (Guo et al. 2017)."""
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    probabilities = torch.from_numpy(held_out.outputs[PROBABILITIES])
    assert held_out.labels is not None
    n_classes = probabilities.shape[1]
    return float(multiclass_calibration_error(probabilities, held_out.labels, n_classes, n_bins=BINS, norm="l1"))


def _labelled_share(held_out: HeldOut) -> float:
    share = held_out.outputs.get(LABELLED_SHARE)
    return math.nan if share is None else float(share[0])


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric(score=_accuracy, higher_is_better=True, needs_labels=True, worst=0.0),
    "macro_f1": Metric(score=_macro_f1, higher_is_better=True, needs_labels=True, worst=0.0),
    "log_loss": Metric(score=_log_loss, higher_is_better=False, needs_labels=True),
    "expected_calibration_error": Metric(
        score=_expected_calibration_error, higher_is_better=False, needs_labels=True, worst=1.0
    ),
    "labelled_share": Metric(score=_labelled_share, higher_is_better=None),
}
