"""Configs of the mixtures that are generators themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, NonNegative, Positive, Range, Share
from synthmix.generators.config import TrainedConfig

Regularization = Annotated[float, Range(low=1e-9)]  # below, rounding makes a covariance of identical points indefinite


@dataclass(kw_only=True, frozen=True)
class EmConfig(ModelConfig):
    """Mixtures by EM, of which a criterion chooses one.

    Attributes:
        n_components: numbers to compare, of which those are left out for which there are too few points.
        select_by: the criterion.
        folds: of cv_log_likelihood.
        n_init: starts, of which the likeliest is kept.
        max_iterations: of EM.
        tolerance: in nats a point; a smaller gain ends EM.
    """

    n_components: list[Count] = field(default_factory=lambda: [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30])
    select_by: Literal["aic", "bic", "cv_log_likelihood"] = "cv_log_likelihood"
    folds: Annotated[int, Range(low=2)] = 5
    n_init: Count = 3
    max_iterations: Count = 200
    tolerance: NonNegative = 1e-3

    def faults(self, cell: Cell) -> Iterator[str]:
        """Something to choose, points enough for it, and no training by gradient to continue."""
        n_train, reason = cell.train_size
        if not self.n_components:
            yield "model.n_components=[]: must name at least one number"
        elif min(self.n_components) > (most := max(1, n_train // 2)):
            shown = ", ".join(map(str, self.n_components))
            yield f"model.n_components=[{shown}]: the least must be ≤ {most}, half of {n_train} ({reason})"
        fewest = 4 if self.folds == 2 else 3  # so that two points are left when a fold is held out
        if n_train < fewest:
            yield f"{reason}={n_train}: must be ≥ {fewest} for the folds of model.name={self.name}"
        elif self.folds > n_train:
            yield f"model.folds={self.folds}: must be ≤ {n_train} ({reason})"
        if cell.trainer.resume_from is not None:
            path = cell.trainer.resume_from
            yield f"trainer.resume_from={path}: model.name={self.name} is fitted by EM; must be null"


@dataclass(kw_only=True, frozen=True)
class GaussianMixtureConfig(EmConfig):
    """Gaussian mixtures by EM.

    Attributes:
        covariance: kinds to compare.
        covariance_regularization: added to the diagonals, in units of the mean variance.
        pca_variance: share of the variance that the principal components keep; auto: .95 of images (40 components at
            most), the values themselves of a table; null: the values in any case.
    """

    _target_: str = "synthmix.generators.mixture.gaussian.GaussianMixtureGenerator"
    name: str = "gmm"
    covariance: list[Literal["full", "tied", "diag", "spherical"]] = field(
        default_factory=lambda: ["full", "tied", "diag", "spherical"]
    )
    covariance_regularization: Regularization = 1e-3
    pca_variance: Literal["auto"] | Share | None = "auto"

    def faults(self, cell: Cell) -> Iterator[str]:
        """A covariance to choose, too."""
        yield from super().faults(cell)
        if not self.covariance:
            yield "model.covariance=[]: must name at least one of full, tied, diag, spherical"


@dataclass(kw_only=True, frozen=True)
class BernoulliMixtureConfig(EmConfig):
    """A Bernoulli mixture by EM.

    Attributes:
        smoothing: how often each component is taken to have seen each value black, and white.
    """

    _target_: str = "synthmix.generators.mixture.bernoulli.BernoulliMixtureGenerator"
    name: str = "bernoulli_mixture"
    smoothing: Positive = 0.5

    def faults(self, cell: Cell) -> Iterator[str]:
        """Values between two bounds."""
        yield from super().faults(cell)
        if cell.outline.spec.value_range is None:
            yield f"model.name={self.name}: data.name={cell.data.name} has no bounds; must be images"


@dataclass(kw_only=True, frozen=True)
class GaussianMixtureSgdConfig(TrainedConfig):
    """A Gaussian mixture by gradient.

    Attributes:
        n_components: how many.
        covariance: their kind.
        covariance_regularization: added to the diagonals, in units of the mean variance.
        pca_variance: as for `GaussianMixtureConfig`.
    """

    _target_: str = "synthmix.generators.mixture.gaussian_sgd.GaussianMixtureSgd"
    name: str = "gmm_sgd"
    n_components: Count = 10
    covariance: Literal["full", "diag"] = "diag"
    covariance_regularization: Regularization = 1e-3
    pca_variance: Literal["auto"] | Share | None = "auto"
    learning_rate: Positive = 3e-2

    def faults(self, cell: Cell) -> Iterator[str]:
        """No more components than points, and two points at least."""
        n_train, reason = cell.train_size
        if self.n_components > n_train:
            yield f"model.n_components={self.n_components}: must be ≤ {n_train} ({reason})"
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the variances of model.name={self.name}"
