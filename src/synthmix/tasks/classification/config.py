"""The configs of the classifiers; what a key means is documented by scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ClassifierConfig
from synthmix.config.schema import Count, NonNegative, Positive


@dataclass(kw_only=True, frozen=True)
class LogisticRegressionConfig(ClassifierConfig):
    """Keys of `sklearn.linear_model.LogisticRegression`: a linear probe.

    Attributes:
        C: inverse of the strength of its L2 penalty. The loss sums over points, so that more points weaken the penalty.
        max_iter: iterations of L-BFGS.
    """

    takes_weights: ClassVar[bool | None] = True

    _target_: str = "sklearn.linear_model.LogisticRegression"
    name: str = "logistic_regression"
    C: Positive = 1.0
    max_iter: Count = 1000


@dataclass(kw_only=True, frozen=True)
class KnnClassifierConfig(ClassifierConfig):
    """Keys of `sklearn.neighbors.KNeighborsClassifier`.

    Attributes:
        n_neighbors: that vote.
        weights: of their votes.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "it counts neighbours"

    _target_: str = "sklearn.neighbors.KNeighborsClassifier"
    name: str = "knn"
    n_neighbors: Count = 5
    weights: Literal["uniform", "distance"] = "uniform"

    def faults(self, cell: Cell) -> Iterator[str]:
        """There are no more neighbours than points."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if self.n_neighbors > n_train:
            yield f"classifier.n_neighbors={self.n_neighbors}: must be ≤ {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class RandomForestConfig(ClassifierConfig):
    """Keys of `sklearn.ensemble.RandomForestClassifier`.

    Attributes:
        n_estimators: trees.
        min_samples_leaf: points of a leaf, at least.
    """

    takes_weights: ClassVar[bool | None] = True

    _target_: str = "sklearn.ensemble.RandomForestClassifier"
    name: str = "random_forest"
    n_estimators: Count = 100
    min_samples_leaf: Count = 1


@dataclass(kw_only=True, frozen=True)
class MlpConfig(ClassifierConfig):
    """Keys of `sklearn.neural_network.MLPClassifier`.

    Attributes:
        hidden_layer_sizes: units of each hidden layer.
        alpha: strength of its L2 penalty.
        learning_rate_init: of Adam.
        max_iter: epochs, at most; it ends where the loss no longer falls.
    """

    takes_weights: ClassVar[bool | None] = True

    _target_: str = "sklearn.neural_network.MLPClassifier"
    name: str = "mlp"
    hidden_layer_sizes: list[Count] = field(default_factory=lambda: [100])
    alpha: NonNegative = 1e-4
    learning_rate_init: Positive = 1e-3
    max_iter: Count = 2000
