"""Scores of a representation against numbers counted by hand, or found in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from synthmix.metric import HeldOut, scores_of
from synthmix.tasks.representation.metrics import METRICS

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 4))
LABELS = np.arange(60) % 3


def scores(
    code: NDArray[Any],
    *,
    points: NDArray[Any] = POINTS,
    labels: NDArray[Any] | None = None,
    seed: int = 0,
    **outputs: NDArray[Any],
) -> dict[str, float]:
    y = None if labels is None else torch.from_numpy(labels).long()
    everything = {"code": code, "assignments": np.zeros(len(code), dtype=int), **outputs}
    return scores_of(METRICS, HeldOut(everything, torch.from_numpy(points), y, seed))


def trustworthiness_by_hand(points: NDArray[Any], embedded: NDArray[Any], k: int = 5) -> float:
    """Venna and Kaski 2001, by ranks that are counted one by one."""
    far, near = (np.linalg.norm(x[:, None] - x[None], axis=2) for x in (points, embedded))
    n, penalty = len(points), 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        rank = {j: place for place, j in enumerate(sorted(others, key=lambda j: far[i, j]), start=1)}
        penalty += sum(max(0, rank[j] - k) for j in sorted(others, key=lambda j: near[i, j])[:k])
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty


def test_neighbourhoods_are_ranked_in_both_directions() -> None:
    code = POINTS[:, :1]
    found = scores(code)
    assert found["trustworthiness"] == pytest.approx(trustworthiness_by_hand(POINTS, code))
    assert found["continuity"] == pytest.approx(trustworthiness_by_hand(code, POINTS))
    assert found["trustworthiness"] != pytest.approx(found["continuity"])


def test_a_space_that_only_scales_keeps_every_neighbourhood() -> None:
    found = scores(1000 * POINTS)
    assert (found["trustworthiness"], found["continuity"]) == (1, 1)


def test_the_reconstruction_error_is_a_mean_over_points_and_values() -> None:
    reconstruction = POINTS.copy()
    reconstruction[0, :2] += 3
    assert scores(POINTS, reconstruction=reconstruction)["reconstruction_error"] == pytest.approx(2 * 9 / (60 * 4))
    assert "reconstruction_error" not in scores(POINTS)


def test_the_nearest_other_points_vote() -> None:
    expected = cross_val_score(KNeighborsClassifier(5), POINTS, LABELS, cv=LeaveOneOut()).mean()
    assert scores(POINTS, labels=LABELS)["knn_accuracy"] == pytest.approx(expected)


def test_codes_that_tell_the_classes_are_told_apart_and_others_are_not() -> None:
    telling = scores(np.eye(3)[LABELS] + 0.01 * POINTS[:, :3], labels=LABELS)
    assert (telling["knn_accuracy"], telling["linear_probe"]) == (1, 1)
    assert scores(POINTS, labels=LABELS)["linear_probe"] < 0.6


def test_one_class_or_too_few_points_leave_a_score_out() -> None:
    one_class = scores(POINTS, labels=np.zeros(60))
    assert not {"knn_accuracy", "linear_probe"} & set(one_class)
    few = scores(POINTS[:5], points=POINTS[:5], labels=np.array([0, 1, 0, 1, 0]))
    assert not {"knn_accuracy", "linear_probe", "trustworthiness", "continuity"} & set(few)
    assert not {"knn_accuracy", "linear_probe", "ari", "nmi"} & set(scores(POINTS))


def test_of_many_points_the_same_are_ranked_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthmix.tasks.representation.metrics.MOST_POINTS", 30)
    first, again, other = (scores(POINTS[:, :1], seed=seed)["trustworthiness"] for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_what_is_measured_in_the_represented_space_and_what_needs_labels_is_marked() -> None:
    assert [name for name, metric in METRICS.items() if metric.in_represented_space] == ["held_out_loss"]
    supervised = {"knn_accuracy", "linear_probe", "ari", "nmi"}
    assert {name for name, metric in METRICS.items() if metric.needs_labels} == supervised
    assert {name for name, metric in METRICS.items() if metric.sign < 0} == {"reconstruction_error", "held_out_loss"}
