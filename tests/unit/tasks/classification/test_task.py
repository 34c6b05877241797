"""What a classifier learns of labels, and what it makes of points without one, against the same steps done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from synthmix.errors import Unavailable
from synthmix.spec import DataSpec, unit_images
from synthmix.tasks.classification.task import Classification
from synthmix.tasks.classification.task_config import ClassificationConfig

X, Y = (load_digits().data / 16).astype(np.float32), load_digits().target.astype(np.int64)
N_REAL, MIXTURE, NEW = 50, X[:150], X[150:400]
KNOWN = np.concatenate([Y[:N_REAL], np.full(100, -1)])
SPEC = unit_images("digits", (1, 8, 8))


def fitted(
    estimator: Any, points: Any = MIXTURE, labels: Any = KNOWN, weight: Any = None, **keys: Any
) -> Classification:
    task = Classification(ClassificationConfig(**keys), estimator=estimator, spec=SPEC)
    return task.fit(points, weight, 0, labels=labels)


def test_self_training_by_hand() -> None:
    found = fitted(LogisticRegression(max_iter=1000), confidence=0.6).outputs(NEW)
    first = LogisticRegression(max_iter=1000).fit(MIXTURE[:N_REAL], Y[:N_REAL])
    probabilities = first.predict_proba(MIXTURE[N_REAL:])
    sure = probabilities.max(axis=1) >= 0.6
    assert 0.1 < sure.mean() < 0.9
    points = np.concatenate([MIXTURE[:N_REAL], MIXTURE[N_REAL:][sure]])
    labels = np.concatenate([Y[:N_REAL], first.classes_[probabilities.argmax(axis=1)][sure]])
    second = LogisticRegression(max_iter=1000).fit(points, labels)
    assert found["probabilities"] == pytest.approx(second.predict_proba(NEW), abs=1e-6)
    assert found["labelled_share"].tolist() == [sure.mean()]


def test_true_labels_of_further_points_are_taken_as_they_are() -> None:
    found = fitted(KNeighborsClassifier(3), labels=Y[:150]).outputs(NEW)
    assert set(found) == {"probabilities"}
    assert found["probabilities"] == pytest.approx(KNeighborsClassifier(3).fit(MIXTURE, Y[:150]).predict_proba(NEW))


def test_where_no_label_is_sure_the_real_points_alone_are_left() -> None:
    task = fitted(LogisticRegression(max_iter=1000), confidence=1.0)
    alone = fitted(LogisticRegression(max_iter=1000), MIXTURE[:N_REAL], Y[:N_REAL])
    assert task.outputs(NEW)["labelled_share"].tolist() == [0.0]
    assert np.array_equal(task.outputs(NEW)["probabilities"], alone.outputs(NEW)["probabilities"])


def test_a_weight_goes_with_its_point() -> None:
    weight = np.concatenate([np.ones(N_REAL), np.full(100, 2.0)]).astype(np.float32)
    twice = np.concatenate([MIXTURE, MIXTURE[N_REAL:]])
    weighted = fitted(LogisticRegression(tol=1e-8, max_iter=9999), weight=weight, confidence=0.6)
    repeated = fitted(
        LogisticRegression(tol=1e-8, max_iter=9999), twice, np.concatenate([KNOWN, KNOWN[N_REAL:]]), confidence=0.6
    )
    found, same = (task.outputs(NEW)["probabilities"] for task in (weighted, repeated))
    assert found == pytest.approx(same, abs=1e-3)


def test_classes_without_a_point_in_train_are_impossible_and_keep_their_places() -> None:
    few = np.isin(Y[:150], [2, 7])
    found = fitted(KNeighborsClassifier(1), MIXTURE[few], Y[:150][few]).outputs(NEW)["probabilities"]
    assert found.shape == (250, 10)
    assert found[:, [2, 7]].sum(axis=1).tolist() == [1.0] * 250
    assert np.delete(found, [2, 7], axis=1).sum() == 0
    of_two = np.isin(Y[150:400], [2, 7])
    assert (found.argmax(axis=1)[of_two] == Y[150:400][of_two]).mean() > 0.9


def test_the_seed_decides_what_a_forest_draws() -> None:
    one, two = (fitted(RandomForestClassifier(5), labels=Y[:150]).outputs(NEW)["probabilities"] for _ in range(2))
    assert np.array_equal(one, two)


def test_one_class_is_no_classification() -> None:
    labels = np.where(KNOWN >= 0, 4, -1)
    with pytest.raises(Unavailable, match="all 50 labelled points are of class 4"):
        fitted(LogisticRegression(), labels=labels)


def test_a_table_of_two_classes() -> None:
    spec = DataSpec("rows", "table", (64,), None, 2)
    task = Classification(ClassificationConfig(), estimator=LogisticRegression(), spec=spec)
    assert task.fit(MIXTURE, None, 0, labels=Y[:150] % 2).outputs(NEW)["probabilities"].shape == (250, 2)
