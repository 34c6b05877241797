"""What synthetic points are worth to a classifier. Supervised: labels of real points are used throughout."""

from __future__ import annotations

import numpy as np
from sklearn.svm import SVC
from torch import Tensor

from synthmix.quality.features.feature_sets import checked

MOST_POINTS = 5000  # of train and of the synthetic points, as the cost is quadratic


def tstr(train: Tensor, labels: Tensor, synthetic: Tensor, test: Tensor, test_labels: Tensor) -> dict[str, float]:
    """Train on synthetic or on real points, test on real ones (Esteban et al. 2017).

    Generators here give points without labels. So a teacher, which is the classifier trained on the real points, labels
    the synthetic ones. All classifiers are support vector machines with a Gaussian kernel and scikit-learn's defaults.
    Of the synthetic points as many as there are train points are used, if there are as many; of either 5,000 at most.

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
    """Labels of points by a classifier that was trained on (x, y); a single label is all that it can learn."""
    if len(np.unique(y)) == 1:
        return np.full(len(points), y[0])
    predicted: np.ndarray = SVC().fit(x, y).predict(points)
    return predicted
