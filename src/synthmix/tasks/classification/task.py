"""Classification: a classifier learns classes from labelled points, and labels those without a label itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import Unavailable
from synthmix.spec import DataSpec
from synthmix.tasks.classification.outputs import LABELLED_SHARE, PROBABILITIES
from synthmix.tasks.classification.task_config import ClassificationConfig
from synthmix.tasks.seeding import with_random_state

Points = NDArray[Any]
Labels = NDArray[np.int64]


class Classification:
    """The task of telling classes apart, with labels for the real training points: supervised.

    Points without a label are labelled by one round of self-training (Scudder 1965; Lee 2013 calls it pseudo-labels):
    the classifier is fitted on the labelled points, gives each other point its likeliest class, and is fitted once more
    on the labelled points and on those others whose likeliest class is as probable as `confidence` at least.

    Args:
        config: how sure the classifier must be of a label that it gives.
        estimator: the learner, an unfitted scikit-learn classifier with `fit` and `predict_proba`.
        spec: of the data.
    """

    prefix: ClassVar[str] = "classification"
    learner: ClassVar[str] = "classifier"
    supervised: ClassVar[bool] = True
    scored_by: ClassVar[str] = "synthmix.tasks.classification.metrics"
    primary: ClassVar[Sequence[str]] = ("accuracy",)
    choose_by: ClassVar[Sequence[str]] = ("log_loss",)

    def __init__(self, config: ClassificationConfig, *, estimator: Any, spec: DataSpec) -> None:
        self.config, self.estimator, self.spec = config, estimator, spec
        self.labelled_share: float | None = None

    def fit(self, points: Points, weight: NDArray[Any] | None, seed: int, *, labels: Labels) -> Self:
        """Fits the classifier.

        Args:
            points: of the mixture, in the represented space, (N, d).
            weight: of each point, (N,), or None where all weigh the same.
            seed: of the classifier, in both fits.
            labels: the class of each point, 0 to K - 1, (N,); -1 where it is not known.

        Raises:
            Unavailable: the labelled points are of one class.
        """
        given = labels >= 0
        if len(np.unique(labels[given])) < 2:
            raise Unavailable(
                f"task.name={self.config.name}: all {int(given.sum())} labelled points are of class "
                f"{int(labels[given][0])}; a classifier needs two classes (data.n_train, or another seed)"
            )
        with_random_state(self.estimator, seed, "classifier")
        self._fit(points, labels, weight, given)
        if given.all():
            return self
        probabilities = self._probabilities(points[~given])
        sure = probabilities.max(axis=1) >= self.config.confidence
        self.labelled_share = float(sure.mean())
        if sure.any():
            labels, used = labels.copy(), given.copy()
            labels[~given], used[~given] = probabilities.argmax(axis=1), sure
            self._fit(points, labels, weight, used)
        return self

    def outputs(self, points: Points) -> dict[str, NDArray[Any]]:
        """What is stored of the represented points (N, d): see `synthmix.tasks.classification.outputs`."""
        found: dict[str, NDArray[Any]] = {PROBABILITIES: self._probabilities(points).astype(np.float32)}
        return found if self.labelled_share is None else found | {LABELLED_SHARE: np.array([self.labelled_share])}

    def _fit(self, points: Points, labels: Labels, weight: NDArray[Any] | None, used: NDArray[np.bool_]) -> None:
        """Fits the classifier anew to the points that are `used`, (N,)."""
        weights = {} if weight is None else {"sample_weight": weight[used]}
        self.estimator.fit(points[used], labels[used], **weights)

    def _probabilities(self, points: Points) -> NDArray[np.float64]:
        """Of each of the K classes of the data, (N, K); 0 for those that the classifier has not seen."""
        assert self.spec.n_classes is not None
        found = np.zeros((len(points), self.spec.n_classes))
        found[:, self.estimator.classes_] = self.estimator.predict_proba(points)
        return found
