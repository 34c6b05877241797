"""The classifier two-sample test (C2ST)."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.svm import SVC
from torch import Tensor

from synthmix.quality.features.feature_sets import checked

FOLDS = 5
MOST_POINTS = 2000  # of each set: the cost is quadratic, some two seconds here


def c2st(real: Tensor, synthetic: Tensor, *, seed: int = 0) -> float:
    """Classifier two-sample test: cross-validated accuracy of real against synthetic (Lopez-Paz and Oquab 2017).

    The classifier is scikit-learn's support vector machine with a Gaussian kernel and default settings. Compared with
    logistic regression, quadratic discriminant analysis, nearest neighbours, boosted and random trees and a small net,
    it alone detected a dropped class, added noise, a Gaussian fit in place of the data, and repeated points.

    Args:
        real: features (N, D), at least 2.
        synthetic: features (M, D), at least 2. Of both sets the first min(N, M, 2000) points are used.
        seed: of the five folds, or fewer where there are fewer points.

    Returns:
        The mean accuracy over the folds: .5 for indistinguishable sets, 1 for separable ones.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    n = min(len(real), len(synthetic), MOST_POINTS)
    parts = [checked(x, least=2, what=what)[:n].numpy() for x, what in ((real, "real"), (synthetic, "synthetic"))]
    is_synthetic = np.repeat([0, 1], n)
    folds = StratifiedKFold(min(FOLDS, n), shuffle=True, random_state=seed)
    return float(cross_val_score(SVC(), np.concatenate(parts), is_synthetic, cv=folds).mean())
