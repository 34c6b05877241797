"""The number of clusters, chosen without labels on real training points alone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score

from synthmix.errors import InvalidInput
from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.number.gap import first_within_one_error, gaps, log_dispersion, reference
from synthmix.tasks.clustering.prediction_strength import prediction_strength
from synthmix.tasks.seeding import with_random_state
from synthmix.tasks.unfit import UNFIT

SILHOUETTE_POINTS = 5000  # of its subsample, as its time grows with the square
HALVINGS = 5
STRONG = 0.8  # the prediction strength of groups that are there (Tibshirani and Walther 2005: .8 to .9)
REFERENCES = 10  # sets of points without groups

Points = NDArray[np.float64]
MakeClusterer = Callable[[int], Any]  # the unfitted clusterer with this number of clusters


@dataclass(frozen=True)
class NumberChoice:
    """A number of clusters, and what it was chosen from.

    Attributes:
        chosen: the number.
        rule: by which it was chosen.
        value: of the criterion at that number.
        table: a row for each number that was tried: `k`, the criterion's `value`, its standard `error` (None where the
            criterion has none), and under `fault` why it could not be computed, else None; the value is NaN then.
    """

    chosen: int
    rule: str
    value: float
    table: list[dict[str, Any]]


@dataclass(frozen=True)
class _Tried:
    value: float = math.nan
    error: float | None = None
    fault: str | None = None


def choose_number(make: MakeClusterer, rule: str, k_max: int, points: NDArray[Any], seed: int) -> NumberChoice:
    """Chooses a clusterer's number of clusters.

    `bic` takes the number of the least Bayesian information criterion and `silhouette` that of the largest mean
    silhouette width (Rousseeuw 1987), of a subsample where there are many points; both try 2 to `k_max`. The other two
    know of one cluster, and try 1 to `k_max`: `prediction_strength` takes the largest number at which the strength,
    its mean over five random halvings in both directions, reaches .8 within one standard error (Tibshirani and
    Walther 2005), and `gap` the first whose gap is within one standard error of the next (Tibshirani, Walther and
    Hastie 2001). A number at which the clusterer cannot be fitted is passed over.

    Args:
        make: makes the unfitted clusterer with a number of clusters.
        rule: which one.
        k_max: the largest number to try.
        points: real training points in the represented space, (n, d), without labels.
        seed: of the clusterers, of halvings and of reference points.

    Raises:
        InvalidInput: the clusterer can be fitted with none of the numbers.
    """
    fit = partial(_fitted, make, seed)
    numbers = range(1 if rule in ("prediction_strength", "gap") else 2, min(k_max, len(points)) + 1)
    points = points.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        tried = _gaps(fit, numbers, points, seed) if rule == "gap" else _each(fit, rule, numbers, points, seed)
    usable = [place for place, one in enumerate(tried) if one.fault is None]
    if not usable:
        reason = f"; {tried[0].fault}" if tried else ""
        raise InvalidInput(f"clusterer.n_clusters={rule}: none of 1 to {k_max} suits {len(points)} points{reason}")
    place = usable[_chosen(rule, [tried[place] for place in usable])]
    table = [{"k": k, **vars(one)} for k, one in zip(numbers, tried, strict=True)]
    return NumberChoice(numbers[place], rule, tried[place].value, table)


def _chosen(rule: str, tried: Sequence[_Tried]) -> int:
    values, errors = np.array([one.value for one in tried]), np.array([one.error or 0.0 for one in tried])
    if rule == "bic":
        return int(np.argmin(values))
    if rule == "silhouette":
        return int(np.argmax(values))
    if rule == "gap":
        return first_within_one_error(values, errors)
    return int(np.flatnonzero(values + errors >= STRONG)[-1])  # one cluster always has a strength of 1


Fit = Callable[[int, Points], Any]


def _fitted(make: MakeClusterer, seed: int, k: int, points: Points) -> Any:
    return with_random_state(make(k), seed, "clusterer").fit(points)


def _assigned(clusterer: Any, points: Points) -> NDArray[np.int64]:
    return np.asarray(clusterer.predict(points)).astype(np.int64)


def _each(fit: Fit, rule: str, numbers: Sequence[int], points: Points, seed: int) -> list[_Tried]:
    criterion = CRITERIA[rule]
    found = []
    for k in numbers:
        try:
            found.append(criterion(fit, k, points, seed))
        except UNFIT as error:
            found.append(_Tried(fault=_line(error)))
    return found


def _bic(fit: Fit, k: int, points: Points, seed: int) -> _Tried:
    return _Tried(float(fit(k, points).bic(points)))


def _silhouette(fit: Fit, k: int, points: Points, seed: int) -> _Tried:
    assignments = _assigned(fit(k, points), points)
    order = np.random.default_rng(derive_seed(seed, "n_clusters", "silhouette")).permutation(len(points))
    chosen = order[:SILHOUETTE_POINTS]
    return _Tried(float(silhouette_score(points[chosen], assignments[chosen])))


def _strength(fit: Fit, k: int, points: Points, seed: int) -> _Tried:
    if k == 1:
        return _Tried(1.0, 0.0)
    rng, n, found = np.random.default_rng(derive_seed(seed, "n_clusters", "halves")), len(points), []
    for order in (rng.permutation(n) for _ in range(HALVINGS)):
        halves = [points[np.sort(order[: n // 2])], points[np.sort(order[n // 2 :])]]
        first, second = (fit(k, half) for half in halves)
        found += [_both(first, second, halves[1]), _both(second, first, halves[0])]
    of_halvings = np.reshape(found, (HALVINGS, 2)).mean(axis=1)
    return _Tried(float(of_halvings.mean()), float(of_halvings.std(ddof=1) / math.sqrt(HALVINGS)))


def _both(other: Any, own: Any, points: Points) -> float:
    return prediction_strength(_assigned(other, points), _assigned(own, points))


def _gaps(fit: Fit, numbers: Sequence[int], points: Points, seed: int) -> list[_Tried]:
    rng = np.random.default_rng(derive_seed(seed, "n_clusters", "gap"))
    sets = [points, *(reference(points, rng) for _ in range(REFERENCES))]
    logs, faults = np.full((len(sets), len(numbers)), math.nan), dict[int, str]()
    for place, k in enumerate(numbers):
        try:
            logs[:, place] = [log_dispersion(one, _assigned(fit(k, one), one)) for one in sets]
        except UNFIT as reason:
            faults[place] = _line(reason)
    gap, error = gaps(logs[0].tolist(), logs[1:])
    return [
        _Tried(fault=faults[place]) if place in faults else _Tried(float(gap[place]), float(error[place]))
        for place in range(len(numbers))
    ]


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


CRITERIA: Mapping[str, Callable[[Fit, int, Points, int], _Tried]] = {
    "bic": _bic,
    "silhouette": _silhouette,
    "prediction_strength": _strength,
}
