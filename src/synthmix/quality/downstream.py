"""Downstream classification with synthetic points (TSTR). Supervised: uses the labels of real points."""

from __future__ import annotations

import numpy as np
from sklearn.svm import SVC
from torch import Tensor

from synthmix.quality.features.feature_sets import checked

MOST_POINTS = 5000  # of train and of the synthetic points, as the cost is quadratic


def tstr(train: Tensor, labels: Tensor, synthetic: Tensor, test: Tensor, test_labels: Tensor) -> dict[str, float]:
    """Train on synthetic, test on real (TSTR; Esteban et al. 2017), and train on real, test on real.

    As the generators are unconditional, synthetic points are pseudo-labelled by the classifier trained on real points.
    All classifiers are support vector machines with a Gaussian kernel and scikit-learn's defaults. At most as many
    synthetic points as train points are used, and at most 5000 of either.

    Args:
        train: features (N, D) of labelled real points.
        labels: of the train points, (N,).
        synthetic: features (M, D).
        test: features (L, D) of other real points.
        test_labels: of these, (L,).

    Returns:
        Accuracies on the test points: `tstr` trained on the synthetic points, `trtr` on the real ones, and
        `augmentation_gain`, that of both together less `trtr`.

    Raises:
        ValueError: a set is empty or has values that are not finite, or labels do not match their points.
    """
    x, y = checked(train, least=1, what="train").numpy()[:MOST_POINTS], labels.numpy()[:MOST_POINTS]
    made = checked(synthetic, least=1, what="synthetic").numpy()[: len(x)]
    held_out, truth = checked(test, least=1, what="test").numpy(), test_labels.numpy()
    for features, of_features in ((train, labels), (test, test_labels)):
        if len(features) != len(of_features):
            raise ValueError(f"needs a label for each point, got {len(of_features)} for {len(features)} points")
    made_labels = _predicted(x, y, made)

    def accuracy(points: np.ndarray, of_points: np.ndarray) -> float:
        return float((_predicted(points, of_points, held_out) == truth).mean())

    on_real = accuracy(x, y)
    on_both = accuracy(np.concatenate([x, made]), np.concatenate([y, made_labels]))
    return {"tstr": accuracy(made, made_labels), "trtr": on_real, "augmentation_gain": on_both - on_real}


def _predicted(x: np.ndarray, y: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Labels predicted by a classifier trained on (x, y); constant where y is, which an SVM cannot be fitted to."""
    if len(np.unique(y)) == 1:
        return np.full(len(points), y[0])
    predicted: np.ndarray = SVC().fit(x, y).predict(points)
    return predicted
