"""The threshold of a detector, and what the task puts out, on points whose normality is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor

from synthmix.spec import DataSpec
from synthmix.tasks.anomaly_detection.task import AnomalyDetection
from synthmix.tasks.anomaly_detection.task_config import AnomalyDetectionConfig

SPEC = DataSpec("line", "table", (1,), None, 2)
LINE = np.arange(100, dtype=np.float32)[:, None]  # the larger, the more normal


class First:
    """A detector to which the first value of a point is its normality."""

    def fit(self, points: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> First:
        self.seen, self.weight = points, sample_weight
        return self

    def score_samples(self, points: NDArray[Any]) -> NDArray[Any]:
        return points[:, 0]


def fitted(estimator: Any = None, weight: Any = None, seed: int = 0, **keys: Any) -> AnomalyDetection:
    config = AnomalyDetectionConfig(name="anomaly_detection", **keys)
    return AnomalyDetection(config, estimator=First() if estimator is None else estimator, spec=SPEC).fit(
        LINE, weight, seed
    )


@pytest.mark.parametrize(
    ("keys", "flagged"),
    [
        ({}, 4),
        ({"flagged_share": 0.2}, 19),
        ({"contamination": 0.1}, 9),
        ({"contamination": 0.1, "flagged_share": 0.5}, 9),
    ],
)
def test_the_threshold_is_the_quantile_of_the_mixture_that_the_protocol_names(keys: Any, flagged: int) -> None:
    found = fitted(**keys).outputs(LINE)
    assert found["flagged"].dtype == np.bool_
    assert found["flagged"].sum() == flagged  # those below the point at the quantile
    assert found["flagged"][:flagged].all()


def test_a_point_counts_by_its_weight() -> None:
    weight = np.where(np.arange(100) < 50, 0.5, 1.5)  # the lower half has a quarter of the weight
    task = fitted(weight=weight, flagged_share=0.25)
    assert task.threshold == 49
    assert task.estimator.weight is weight


def test_held_out_points_are_judged_by_the_threshold_of_the_mixture() -> None:
    task = fitted(flagged_share=0.2)
    found = task.outputs(np.array([[-1e6], [18.5], [19.0], [1e6]]))
    assert found["normality"].tolist() == [-1e6, 18.5, 19.0, 1e6]
    assert found["flagged"].tolist() == [True, True, False, False]


def test_a_detector_is_given_float64() -> None:
    assert fitted().estimator.seen.dtype == np.float64


def test_the_seed_of_the_cell_fixes_the_detector() -> None:
    states = [fitted(IsolationForest(n_estimators=5), seed=seed).estimator.random_state for seed in (0, 1, 0)]
    assert states[0] == states[2] != states[1]


def test_a_detector_without_a_random_state_keeps_its_parameters() -> None:
    detector = LocalOutlierFactor(n_neighbors=5, novelty=True)
    before = detector.get_params()
    assert fitted(detector).estimator.get_params() == before


def test_a_detector_that_minimises_something_puts_its_loss_out() -> None:
    assert "held_out_loss" not in fitted().outputs(LINE)
    task = fitted(GaussianMixture(1))
    assert task.outputs(LINE)["held_out_loss"].mean() == pytest.approx(-task.estimator.score(LINE))
