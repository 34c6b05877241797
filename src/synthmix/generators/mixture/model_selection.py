"""Which mixture: AIC, BIC and k-fold likelihood over the number of components and the shape of a component."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from sklearn.model_selection import KFold
from torch import Tensor

Criterion = Literal["aic", "bic", "cv_log_likelihood"]
CRITERIA: tuple[Criterion, ...] = ("aic", "bic", "cv_log_likelihood")
FEWEST_POINTS = 2  # that a component of any shape must have
TOLERANCE = 0.5  # points by which a component's share may fall short, as shares are sums of probabilities


class FittedMixture(Protocol):
    """What a selection asks of a mixture that EM has fitted."""

    @property
    def n_parameters(self) -> int:
        """Free parameters."""
        ...

    @property
    def weights(self) -> Tensor:
        """Of the components, (K,)."""
        ...

    def score_samples(self, points: Tensor) -> Tensor:
        """(N, L) → natural logarithms of the density (N,)."""
        ...


class Frame(Protocol):
    """The space that a mixture is fitted in."""

    def project(self, x: Tensor) -> Tensor:
        """Points of the data (N, *shape) → points of the space (N, L), float64."""
        ...

    def log_volume(self, x: Tensor) -> Tensor:
        """What a log-density in the space lacks to one of the data, at each of (N, *shape) → (N,)."""
        ...


FrameT = TypeVar("FrameT", bound=Frame)
FittedT = TypeVar("FittedT", bound=FittedMixture)


@dataclass(frozen=True)
class Candidate:
    """One mixture and its criteria.

    Attributes:
        n_components: K.
        shape: of a component: full, tied, diag, spherical; bernoulli.
        aic: 2p − 2 log L (Akaike 1974), with p free parameters.
        bic: p log n − 2 log L (Schwarz 1978).
        cv_log_likelihood: held-out log-likelihood, mean over the points of all folds, in nats.
    """

    n_components: int
    shape: str
    aic: float
    bic: float
    cv_log_likelihood: float


@dataclass(frozen=True)
class Selection:
    """The candidates that were compared, by shape and number of components, and the criterion that chose."""

    candidates: tuple[Candidate, ...]
    select_by: Criterion

    def best(self, criterion: Criterion | None = None) -> Candidate:
        """The candidate that a criterion prefers; that of the choice, unless another one is named."""
        name = criterion or self.select_by
        sign = -1 if name == "cv_log_likelihood" else 1
        return min(self.candidates, key=lambda candidate: sign * getattr(candidate, name))

    def metrics(self) -> Iterator[tuple[dict[str, float], int]]:
        """``selection/<criterion>_<shape>`` of each candidate, and its number of components."""
        for candidate in self.candidates:
            named = {f"selection/{name}_{candidate.shape}": getattr(candidate, name) for name in CRITERIA}
            yield named, candidate.n_components


def is_determined(weights: Tensor, n: int, fewest: int) -> bool:
    """Whether each component has points enough to determine it.

    Without that condition a mixture memorises a small train set: the likelihood of a component on a single point is
    bounded by the regularisation alone, and no price for a parameter outweighs it. A single component is always
    admitted.
    """
    return len(weights) == 1 or float(weights.min()) * n > fewest - TOLERANCE


def select(
    x: Tensor,
    grid: Iterable[tuple[int, str]],
    frame_of: Callable[[Tensor], FrameT],
    fit: Callable[[Tensor, int, str], FittedT],
    *,
    fewest: Callable[[str, int], int],
    select_by: Criterion,
    folds: int,
    seed: int,
) -> Choice[FrameT, FittedT]:
    """Fits and judges all candidates that the points determine.

    Args:
        x: the points, (N, *shape).
        grid: number of components and shape of each candidate.
        frame_of: gives the space in which points are fitted; in the k-fold likelihood it sees no held-out point either.
        fit: fits a candidate to points (N, L) of that space; deterministic.
        fewest: points that determine a component of a shape in L dimensions.
        select_by: the criterion that chooses.
        folds: parts of the k-fold likelihood, from 2 to N.
        seed: of the cut into folds.
    """
    frame = frame_of(x)
    points, log_volume = frame.project(x), float(frame.log_volume(x).sum())
    cuts = KFold(folds, shuffle=True, random_state=seed).split(x)
    parts = [_Fold.of(frame_of(x[rest]), x[rest], x[held]) for rest, held in cuts]
    n, dim = points.shape
    found: dict[Candidate, FittedT] = {}
    for n_components, shape in grid:
        if n_components > 1 and n_components * fewest(shape, dim) > n:
            continue
        fitted = fit(points, n_components, shape)
        if is_determined(fitted.weights, n, fewest(shape, dim)):
            log_likelihood = float(fitted.score_samples(points).sum()) + log_volume
            aic = 2 * fitted.n_parameters - 2 * log_likelihood
            bic = math.log(n) * fitted.n_parameters - 2 * log_likelihood
            held_out = sum(part.score(fit(part.points, n_components, shape)) for part in parts) / n
            found[Candidate(n_components, shape, aic, bic, held_out)] = fitted
    selection = Selection(tuple(found), select_by)
    return Choice(frame, selection, found[selection.best()] if found else None)


@dataclass(frozen=True)
class Choice(Generic[FrameT, FittedT]):
    """The frame of all points, the criteria, and the chosen mixture; None where there is no candidate."""

    frame: FrameT
    selection: Selection
    best: FittedT | None


@dataclass(frozen=True)
class _Fold:
    """The points of the other folds in their frame, and those that it holds out."""

    points: Tensor
    held: Tensor
    log_volume: float

    @classmethod
    def of(cls, frame: Frame, rest: Tensor, held: Tensor) -> _Fold:
        return cls(frame.project(rest), frame.project(held), float(frame.log_volume(held).sum()))

    def score(self, fitted: FittedMixture) -> float:
        """Log-likelihood of the points that it holds out."""
        return float(fitted.score_samples(self.held).sum()) + self.log_volume
