"""A learner's settings, chosen without labels on real training points alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.seeds import derive_seed
from synthmix.tasks.base import Task


@dataclass(frozen=True)
class Tuning:
    """What was chosen.

    Attributes:
        chosen: the settings with the least mean loss.
        criterion: by which they were chosen.
        table: a row for each candidate, its settings and its mean `loss`.
    """

    chosen: dict[str, Any]
    criterion: str
    table: list[dict[str, Any]]


def candidates(search: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the values of a search."""
    for values in itertools.product(*search.values()):
        yield dict(zip(search, values, strict=True))


def choose(
    make_task: Callable[[Mapping[str, Any]], Task],
    search: Mapping[str, Sequence[Any]],
    points: NDArray[Any],
    seed: int,
    folds: int = 5,
) -> Tuning:
    """Chooses by the mean negative log-likelihood of the folds' held-out points (n, d)."""
    order = np.random.default_rng(derive_seed(seed, "tuning") % 2**32).permutation(len(points))
    parts = np.array_split(order, folds)
    table: list[dict[str, Any]] = []
    for settings in candidates(search):
        losses = []
        for part in parts:
            task: Any = make_task(settings).fit(np.delete(points, part, axis=0), None, seed)
            losses.append(-float(np.mean(task.estimator.mixture_.score_samples(points[part].astype(np.float64)))))
        table.append({"settings": settings, "loss": float(np.mean(losses))})
    chosen = min(table, key=lambda row: float(row["loss"]))["settings"]
    return Tuning(dict(chosen), "held_out_loss", table)
