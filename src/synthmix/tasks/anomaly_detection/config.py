"""The configs of the detectors; what a key means is documented at the detector's class, or by scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import DetectorConfig
from synthmix.config.schema import Count, Fraction, Member, NonNegative, Positive, Share, shown


@dataclass(kw_only=True, frozen=True)
class IsolationForestConfig(DetectorConfig):
    """Keys of `sklearn.ensemble.IsolationForest`.

    Attributes:
        n_estimators: trees.
        max_samples: points of a tree.
        max_features: share of the columns of a tree.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = False

    _target_: str = "sklearn.ensemble.IsolationForest"
    name: str = "isolation_forest"
    n_estimators: Count = 100
    max_samples: Literal["auto"] | Count = "auto"
    max_features: Positive = 1.0


@dataclass(kw_only=True, frozen=True)
class NeighborsConfig(DetectorConfig):
    """A detector that looks at neighbours.

    Attributes:
        n_neighbors: points of train that are looked at.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "it counts neighbours"
    has_loss: ClassVar[bool | None] = False

    n_neighbors: Count

    def faults(self, cell: Cell) -> Iterator[str]:
        """A point of train needs that many others."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if self.n_neighbors >= n_train:
            yield f"detector.n_neighbors={self.n_neighbors}: must be < {n_train} ({reason})"


@dataclass(kw_only=True, frozen=True)
class LocalOutlierFactorConfig(NeighborsConfig):
    """Keys of `sklearn.neighbors.LocalOutlierFactor`.

    Attributes:
        n_neighbors: Breunig et al. 2000 advise 10 at least.
        novelty: that it scores new points.
    """

    _target_: str = "sklearn.neighbors.LocalOutlierFactor"
    name: str = "local_outlier_factor"
    n_neighbors: Count = 10
    novelty: Literal[True] = True


@dataclass(kw_only=True, frozen=True)
class KnnConfig(NeighborsConfig):
    """The distance to the k-th neighbour."""

    _target_: str = "synthmix.tasks.anomaly_detection.learners.nearest.NearestNeighborDetector"
    name: str = "knn"
    n_neighbors: Count = 5


@dataclass(kw_only=True, frozen=True)
class OneClassSvmConfig(DetectorConfig):
    """Keys of `sklearn.svm.OneClassSVM`.

    Attributes:
        kernel: of the machine.
        gamma: of the kernel.
        nu: share of train left outside, at most.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = False

    _target_: str = "sklearn.svm.OneClassSVM"
    name: str = "one_class_svm"
    kernel: Literal["linear", "poly", "rbf", "sigmoid"] = "rbf"
    gamma: Literal["scale", "auto"] | Positive = "scale"
    nu: Share = 0.1


@dataclass(kw_only=True, frozen=True)
class MahalanobisConfig(DetectorConfig):
    """The distance to the mean.

    Attributes:
        shrinkage: of the covariance towards a multiple of the identity; null estimates it as Ledoit and Wolf do.
        search: their estimate, and what is less and more than it.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.anomaly_detection.learners.covariance.MahalanobisDetector"
    name: str = "mahalanobis"
    shrinkage: Fraction | None = None
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"shrinkage": [None, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]}
    )


@dataclass(kw_only=True, frozen=True)
class ReconstructionErrorConfig(DetectorConfig):
    """The error of a reconstruction.

    There is nothing to search: each further component takes from the error of every point, held out or not, so that its
    mean cannot choose their number.

    Attributes:
        variance: share of the variance of train that the components keep.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.anomaly_detection.learners.reconstruction.ReconstructionErrorDetector"
    name: str = "reconstruction_error"
    variance: Share = 0.9

    def faults(self, cell: Cell) -> Iterator[str]:
        """The share of the variance is not searched."""
        yield from super().faults(cell)
        if "variance" in self.search:
            values = shown(self.search["variance"])
            yield f"detector.search.variance={values}: the held-out error falls with every component; must be left out"


@dataclass(kw_only=True, frozen=True)
class LikelihoodConfig(DetectorConfig):
    """Keys of a Gaussian mixture, whose score of a point is its log-density.

    Attributes:
        n_components: how many.
        covariance_type: their kind.
        reg_covar: added to the diagonals.
        search: how many components there are is a setting of a density, whatever it is in a clustering.
    """

    takes_weights: ClassVar[bool | None] = True
    has_loss: ClassVar[bool | None] = True

    _target_: str = "synthmix.tasks.mixture.GaussianMixture"
    name: str = "likelihood"
    n_components: Count = 1
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "full"
    reg_covar: NonNegative = 0.01
    search: dict[str, list[Any]] = field(
        default_factory=lambda: {"n_components": [1, 2, 4, 8], "reg_covar": [0.001, 0.01, 0.1, 1.0]}
    )

    def faults(self, cell: Cell) -> Iterator[str]:
        """A component needs a point, and a covariance two."""
        yield from super().faults(cell)
        n_train, reason = cell.train_size
        if max(2, self.n_components) > n_train:
            yield f"detector.n_components={self.n_components}: must be ≤ {n_train} ({reason}), of 2 points or more"


@dataclass(kw_only=True, frozen=True)
class EcodConfig(DetectorConfig):
    """The tails of the columns. No keys of its own."""

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "its tail probabilities count points"
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.anomaly_detection.learners.tails.EcodDetector"
    name: str = "ecod"


@dataclass(kw_only=True, frozen=True)
class PyodConfig(DetectorConfig):
    """A detector of pyod.

    Attributes:
        detector: which one, with its own keys.
    """

    takes_weights: ClassVar[bool | None] = False
    why_no_weights: ClassVar[str] = "detectors of pyod have none"
    has_loss: ClassVar[bool | None] = False

    _target_: str = "synthmix.tasks.anomaly_detection.learners.pyod.PyodDetector"
    name: str = "pyod"
    detector: Member = field()
