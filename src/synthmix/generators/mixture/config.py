"""Configs of the mixtures that are generators themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, NonNegative, Positive, Range, Share
from synthmix.generators.config import TrainedConfig

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig

Regularization = Annotated[float, Range(low=1e-9)]  # below, rounding makes a covariance of identical points indefinite


@dataclass(kw_only=True, frozen=True)
class EmConfig(ModelConfig):
    """Mixtures by EM, of which a criterion chooses one."""

    n_components: list[Count]
    select_by: Literal["aic", "bic", "cv_log_likelihood"]
    folds: Annotated[int, Range(low=2)]
    n_init: Count
    max_iterations: Count
    tolerance: NonNegative

    def faults(self, cell: CellConfig) -> Iterator[str]:
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
    """Gaussian mixtures by EM."""

    _target_: str = "synthmix.generators.mixture.gaussian.GaussianMixtureGenerator"
    covariance: list[Literal["full", "tied", "diag", "spherical"]]
    covariance_regularization: Regularization
    pca_variance: Literal["auto"] | Share | None

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """A covariance to choose, too."""
        yield from super().faults(cell)
        if not self.covariance:
            yield "model.covariance=[]: must name at least one of full, tied, diag, spherical"


@dataclass(kw_only=True, frozen=True)
class BernoulliMixtureConfig(EmConfig):
    """A Bernoulli mixture by EM."""

    _target_: str = "synthmix.generators.mixture.bernoulli.BernoulliMixtureGenerator"
    smoothing: Positive

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Values between two bounds."""
        yield from super().faults(cell)
        if cell.outline.spec.value_range is None:
            yield f"model.name={self.name}: data.name={cell.data.name} has no bounds; must be images"


@dataclass(kw_only=True, frozen=True)
class GaussianMixtureSgdConfig(TrainedConfig):
    """A Gaussian mixture by gradient."""

    _target_: str = "synthmix.generators.mixture.gaussian_sgd.GaussianMixtureSgd"
    n_components: Count
    covariance: Literal["full", "diag"]
    covariance_regularization: Regularization
    pca_variance: Literal["auto"] | Share | None

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """No more components than points, and two points at least."""
        n_train, reason = cell.train_size
        if self.n_components > n_train:
            yield f"model.n_components={self.n_components}: must be ≤ {n_train} ({reason})"
        if n_train == 1:
            yield f"{reason}=1: must be ≥ 2 for the variances of model.name={self.name}"
