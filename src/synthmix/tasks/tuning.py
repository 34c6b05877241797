"""The choice of a learner's settings without labels, on real training points alone."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from synthmix.errors import InvalidInput
from synthmix.seeds import derive_seed
from synthmix.tasks.base import Task
from synthmix.tasks.clustering.outputs import ASSIGNMENTS
from synthmix.tasks.clustering.prediction_strength import prediction_strength
from synthmix.tasks.unfit import UNFIT

LOSS, STRENGTH = "held_out_loss", "prediction_strength"

Settings = Mapping[str, Any]
MakeTask = Callable[[Settings], Task]


@dataclass(frozen=True)
class Tuning:
    """A choice of settings, and what it was chosen from.

    Attributes:
        chosen: the settings, by key of the learner's config.
        criterion: `held_out_loss`, of which less is better, or `prediction_strength`, of which more is.
        table: a row for each candidate, the config's own values first: its settings by key, under `criterion` the mean
            over the folds or halves (NaN where the candidate cannot be fitted), and under `fault` why not, else None.
    """

    chosen: dict[str, Any]
    criterion: str
    table: list[dict[str, Any]]


@dataclass(frozen=True)
class _Judged:
    """A candidate's mean criterion; NaN, and why, where it cannot be fitted."""

    mean: float
    fault: str | None = None


def choose(
    make_task: MakeTask, search: Mapping[str, Sequence[Any]], points: NDArray[Any], seed: int, folds: int = 5
) -> Tuning:
    """Chooses among all combinations of a search space, the values of the learner's own config included.

    The criterion is the learner's own held-out loss, its mean over k folds of the points; of a clusterer that has none,
    the prediction strength, its mean over as many random halvings, each used in both directions. A fold or a half is a
    part of a permutation that the seed fixes, the same for all candidates. Of candidates that are level, the config's
    own values win, then the one that stands first. A candidate that cannot be fitted to some fold counts as worst.

    Args:
        make_task: makes an unfitted task whose learner has these settings in place of those of its config.
        search: values by key of the learner's config; the combinations are tried in the order in which they stand.
        points: real training points in the represented space, (n, d), without labels.
        seed: of the folds and of the learners.
        folds: k, at least 2; each point is a fold where there are fewer points than k.

    Raises:
        InvalidInput: there is one point, or the learner has neither a loss nor assignments.
    """
    if not search:
        return Tuning({}, LOSS, [])
    if len(points) < 2:
        raise InvalidInput(f"search=[{', '.join(search)}]: {len(points)} real training points; must be ≥ 2")
    candidates = _candidates(make_task, search)
    criterion, sign = LOSS, 1
    judged = _all_judged(make_task, candidates, _fold_parts(len(points), seed, folds), points, seed, _fold_loss)
    if judged is None:
        criterion, sign = STRENGTH, -1
        parts = _half_parts(len(points), seed, folds)
        judged = _all_judged(make_task, candidates, parts, points, seed, _half_strength)
    if judged is None:
        raise InvalidInput(f"search=[{', '.join(search)}]: the learner has neither a held-out loss nor assignments")
    worth = [sign * found.mean if math.isfinite(found.mean) else math.inf for found in judged]
    table = [
        {**settings, criterion: found.mean, "fault": found.fault}
        for settings, found in zip(candidates, judged, strict=True)
    ]
    return Tuning(dict(candidates[int(np.argmin(worth))]), criterion, table)


def _candidates(make_task: MakeTask, search: Mapping[str, Sequence[Any]]) -> list[Settings]:
    """The values of the config, which the learner holds as it was given them, and all combinations of the others."""
    learner = getattr(make_task({}), "estimator", None)
    own = {key: getattr(learner, key) for key in search if hasattr(learner, key)}
    combinations = [dict(zip(search, values, strict=True)) for values in itertools.product(*search.values())]
    return [own, *(settings for settings in combinations if settings != own)]


Part = tuple[NDArray[np.intp], NDArray[np.intp]]  # points to fit, points held out
Judge = Callable[[MakeTask, Settings, NDArray[Any], NDArray[Any], int], float | None]


def _fold_parts(n: int, seed: int, folds: int) -> list[Part]:
    order = np.random.default_rng(derive_seed(seed, "tuning", "folds")).permutation(n)
    held_out = np.array_split(order, min(folds, n))
    return [(np.setdiff1d(order, fold), np.sort(fold)) for fold in held_out]


def _half_parts(n: int, seed: int, repeats: int) -> list[Part]:
    rng = np.random.default_rng(derive_seed(seed, "tuning", "halves"))
    orders = [rng.permutation(n) for _ in range(repeats)]
    return [(np.sort(order[: n // 2]), np.sort(order[n // 2 :])) for order in orders]


def _all_judged(
    make_task: MakeTask,
    candidates: Sequence[Settings],
    parts: Sequence[Part],
    points: NDArray[Any],
    seed: int,
    judge: Judge,
) -> list[_Judged] | None:
    """Each candidate's mean over the parts; None where the learner has nothing that this criterion judges."""
    found = []
    for settings in candidates:
        judged = _judged(make_task, settings, parts, points, seed, judge)
        if judged is None:
            return None
        found.append(judged)
    return found


def _judged(
    make_task: MakeTask, settings: Settings, parts: Sequence[Part], points: NDArray[Any], seed: int, judge: Judge
) -> _Judged | None:
    values = []
    for number, (fit, held_out) in enumerate(parts):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                value = judge(make_task, settings, points[fit], points[held_out], derive_seed(seed, "tuning", number))
        except UNFIT as error:
            return _Judged(math.nan, f"{type(error).__name__}: {' '.join(str(error).split())}")
        if value is None:
            return None
        values.append(value)
    mean = float(np.mean(values))
    return _Judged(mean) if math.isfinite(mean) else _Judged(math.nan, "the criterion is not finite")


def _fold_loss(
    make_task: MakeTask, settings: Settings, fit: NDArray[Any], held_out: NDArray[Any], seed: int
) -> float | None:
    """The mean loss of the held-out points."""
    task = make_task(settings)
    if not hasattr(task, "losses"):
        return None
    losses = task.fit(fit, None, seed).losses(held_out)
    return None if losses is None else float(losses.mean())


def _half_strength(
    make_task: MakeTask, settings: Settings, first: NDArray[Any], second: NDArray[Any], seed: int
) -> float | None:
    """The prediction strength of either half by the learner of the other, their mean."""
    tasks = [make_task(settings).fit(half, None, seed) for half in (first, second)]
    assigned = [[task.outputs(half).get(ASSIGNMENTS) for half in (first, second)] for task in tasks]
    (own_first, second_by_first), (first_by_second, own_second) = assigned
    if own_first is None or own_second is None or second_by_first is None or first_by_second is None:
        return None
    return (prediction_strength(second_by_first, own_second) + prediction_strength(first_by_second, own_first)) / 2
