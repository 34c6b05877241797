"""Scores of probabilities, against scikit-learn and against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, log_loss

from synthmix.metric import HeldOut, scores_of
from synthmix.tasks.classification.metrics import METRICS

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 300)
RAW = RNG.random((300, 4)) + 1.5 * np.eye(4)[LABELS] * (RNG.random((300, 1)) < 0.7)
PROBABILITIES = (RAW / RAW.sum(axis=1, keepdims=True)).astype(np.float32)


def scores(probabilities: np.ndarray, labels: np.ndarray | None, **more: np.ndarray) -> dict[str, float]:
    points = torch.zeros(len(probabilities), 1)
    known = None if labels is None else torch.from_numpy(labels)
    return scores_of(METRICS, HeldOut({"probabilities": probabilities, **more}, points, known, 0))


def test_accuracy_f1_and_log_loss_are_those_of_scikit_learn() -> None:
    found, predicted = scores(PROBABILITIES, LABELS), PROBABILITIES.argmax(axis=1)
    assert found["accuracy"] == accuracy_score(LABELS, predicted)
    assert found["macro_f1"] == pytest.approx(f1_score(LABELS, predicted, average="macro"))
    assert found["log_loss"] == pytest.approx(log_loss(LABELS, RAW / RAW.sum(axis=1, keepdims=True)), rel=1e-5)


def test_the_calibration_error_by_hand() -> None:
    confidence, right = PROBABILITIES.max(axis=1), PROBABILITIES.argmax(axis=1) == LABELS
    error = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        error += abs(right[inside].sum() - confidence[inside].sum()) / len(LABELS)
    assert scores(PROBABILITIES, LABELS)["expected_calibration_error"] == pytest.approx(error, abs=1e-5)


def test_a_class_called_impossible_costs_much_and_not_without_end() -> None:
    found = scores(np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32), np.array([0, 1]))
    assert found["log_loss"] == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2)
    assert found["expected_calibration_error"] == 0.5


def test_without_labels_only_the_share_is_left() -> None:
    assert scores(PROBABILITIES, None, labelled_share=np.array([0.25])) == {"labelled_share": 0.25}


def test_directions() -> None:
    better = {name: metric.higher_is_better for name, metric in METRICS.items()}
    assert better == {
        **{"accuracy": True, "macro_f1": True, "log_loss": False, "expected_calibration_error": False},
        "labelled_share": None,
    }
