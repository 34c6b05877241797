"""Which mixture: AIC, BIC and k-fold likelihood over the number of components and the shape of a component."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Protocol, TypeAlias, TypeVar

from sklearn.model_selection import KFold
from torch import Tensor

from synthmix.errors import InvalidInput
from synthmix.generators.mixture.config import EmConfig
from synthmix.generators.selection import Candidate, Selection
from synthmix.seeds import derive_seed

TOLERANCE = 0.5  # points by which a component's share may fall short, as shares are sums of probabilities


class Fitted(Protocol):
    """A mixture that EM has fitted: its weights (K,), the number of its free parameters and its likelihood."""

    @property
    def weights(self) -> Tensor: ...  # noqa: D102

    @property
    def n_parameters(self) -> int: ...  # noqa: D102

    def log_likelihood(self, x: Tensor) -> float:
        """Of points (N, *shape) of the data, summed."""
        ...


FittedT = TypeVar("FittedT", bound=Fitted)
Em: TypeAlias = tuple[int, Callable[[int, str], FittedT]]


def select(
    x: Tensor, em_on: Callable[[Tensor], Em[FittedT]], shapes: Sequence[str], settings: EmConfig, seed: int
) -> tuple[Selection, FittedT]:
    """Fits and judges all candidates that the points determine, and returns the best.

    Args:
        x: the points, (N, *shape).
        em_on: gives, for points, the dimension of the space that EM is run in, and what fits so many components of a
            shape to them; in the k-fold likelihood it sees no held-out point. Deterministic.
        shapes: the shapes of a component to choose among.
        settings: the numbers of components, and how to choose.
        seed: of the cut into folds.

    Raises:
        InvalidInput: no candidate has points enough in each component.
    """
    n = len(x)
    dim, fit = em_on(x)
    cuts = KFold(settings.folds, shuffle=True, random_state=derive_seed(seed, "folds") % 2**32).split(x)
    parts = [(em_on(x[rest])[1], x[held]) for rest, held in cuts]
    found: dict[Candidate, FittedT] = {}
    for shape, k in product(shapes, sorted(set(settings.n_components))):
        fewest = fewest_points(shape, dim)
        if k > 1 and k * fewest > n:
            continue
        fitted = fit(k, shape)
        if is_determined(fitted.weights, n, fewest):
            log_likelihood = fitted.log_likelihood(x)
            aic = 2 * fitted.n_parameters - 2 * log_likelihood
            bic = math.log(n) * fitted.n_parameters - 2 * log_likelihood
            held_out = sum(fit_rest(k, shape).log_likelihood(held) for fit_rest, held in parts) / n
            found[Candidate(k, shape, aic, bic, held_out)] = fitted
    if not found:
        raise InvalidInput(
            f"model.n_components=[{', '.join(map(str, settings.n_components))}]: {n} points leave some component of "
            f"each candidate without enough to determine it; give smaller numbers, 1 for instance"
        )
    selection = Selection(tuple(found), settings.select_by)
    return selection, found[selection.best()]


def fewest_points(shape: str, dim: int) -> int:
    """Points that determine one component: `dim` + 1 of them if its covariance is full, else 2."""
    return dim + 1 if shape == "full" else 2


def is_determined(weights: Tensor, n: int, fewest: int) -> bool:
    """Whether each component has points enough to determine it.

    Without that condition a mixture memorises a small train set: the likelihood of a component on a single point is
    bounded by the regularisation alone, and no price for a parameter outweighs it. A single component is always
    admitted.
    """
    return len(weights) == 1 or float(weights.min()) * n > fewest - TOLERANCE
