"""Scores of detectors against numbers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthmix.metric import HeldOut, scores_of
from synthmix.tasks.anomaly_detection.metrics import METRICS


def scores(normality: list[float], flagged: list[bool], labels: list[int] | None) -> dict[str, float]:
    outputs = {"normality": np.array(normality), "flagged": np.array(flagged)}
    y = None if labels is None else torch.tensor(labels)
    return scores_of(METRICS, HeldOut(outputs, torch.zeros(len(normality), 2), y, 0))


def test_counted_by_hand() -> None:
    # Least normal first: anomaly, normal, anomaly, normal, normal.
    found = scores([-5.0, -4.0, -3.0, -2.0, -1.0], [True, True, False, False, False], [1, 0, 1, 0, 0])
    assert found["roc_auc"] == pytest.approx(5 / 6)  # of the six pairs, one stands the wrong way round
    assert found["average_precision"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["precision_at_n"] == pytest.approx(1 / 2)
    assert (found["recall"], found["false_alarm_rate"], found["flagged_share"]) == pytest.approx((1 / 2, 1 / 3, 2 / 5))
    assert found["f1"] == pytest.approx(2 * 1 / (2 + 2))


def test_ties_at_the_bound_count_by_their_share() -> None:
    assert scores([0.0] * 4, [False] * 4, [1, 0, 0, 0])["precision_at_n"] == pytest.approx(1 / 4)
    assert scores([-1.0, 0.0, 0.0, 1.0], [False] * 4, [1, 1, 0, 0])["precision_at_n"] == pytest.approx(3 / 4)


@pytest.mark.parametrize("labels", [None, [0, 0, 0], [1, 1, 1]])
def test_without_both_kinds_only_the_share_of_flagged_points_is_known(labels: list[int] | None) -> None:
    assert scores([1.0, 2.0, 3.0], [True, False, False], labels) == {"flagged_share": pytest.approx(1 / 3)}


def test_only_false_alarms_and_the_loss_are_better_the_less() -> None:
    assert [name for name, metric in METRICS.items() if metric.sign < 0] == ["false_alarm_rate", "held_out_loss"]


def test_the_mean_loss_needs_no_labels() -> None:
    outputs = {"normality": np.zeros(3), "flagged": np.zeros(3, bool), "held_out_loss": np.array([1.0, 2.0, 6.0])}
    found = scores_of(METRICS, HeldOut(outputs, torch.zeros(3, 1), None, 0))
    assert found == {"flagged_share": 0, "held_out_loss": 3}
