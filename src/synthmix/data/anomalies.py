"""Labelled points as normal points and anomalies, and what train is made of when anomalies are to be detected."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput


def as_anomalies(dataset: Dataset, normal_class: int) -> Dataset:
    """The same points, labelled 0 where they are of the normal class and 1 elsewhere, the official test set too.

    Raises:
        InvalidInput: there are no labels.
    """
    if dataset.y is None:
        raise InvalidInput(f"data.name={dataset.spec.name}: has no labels that tell anomalies")
    test = None if dataset.test is None else as_anomalies(dataset.test, normal_class)
    return replace(dataset, y=(dataset.y != normal_class).long(), spec=replace(dataset.spec, n_classes=2), test=test)


def arranged(learn: Tensor, dataset: Dataset, contamination: float | None, *, at_least: int) -> Tensor:
    """The points to learn from, (M,) indices in a seeded order, as train and pool take them.

    Clean training takes the normal points alone. A contamination c places the i-th anomaly where c times the number of
    points first reaches i, so that each prefix of n points holds ⌊c·n⌋ anomalies, and a smaller train is the beginning
    of a larger one; the order ends where one of the kinds does.

    Args:
        learn: indices of the points that are left for train and pool.
        dataset: labelled 0 and 1 by `as_anomalies`.
        contamination: share of anomalies; None for clean training.
        at_least: points of train.

    Raises:
        InvalidInput: too few normal points, or too few anomalies, for train.
    """
    assert dataset.y is not None
    labels = dataset.y[learn]
    normal, anomalous = learn[labels == 0], learn[labels == 1]
    if contamination is None:
        order, kind = normal, "normal points"
    else:
        is_anomaly = _places(len(learn), contamination)
        enough = (is_anomaly.cumsum(0) <= len(anomalous)) & ((~is_anomaly).cumsum(0) <= len(normal))
        is_anomaly = is_anomaly[: int(enough.long().cumprod(0).sum())]
        order = torch.empty(len(is_anomaly), dtype=learn.dtype)
        order[is_anomaly] = anomalous[: int(is_anomaly.sum())]
        order[~is_anomaly] = normal[: int((~is_anomaly).sum())]
        kind = f"points of which {contamination:g} are anomalies"
    if len(order) < at_least:
        raise InvalidInput(
            f"data.n_train={at_least}: must be ≤ {len(order)} ({kind} left once test and val are set apart)"
        )
    return order


def _places(n: int, contamination: float) -> Tensor:
    """Whether place i of `n` holds an anomaly, bool, (n,)."""
    counts = (torch.arange(n + 1, dtype=torch.float64) * contamination + 1e-9).floor()
    return counts.diff() > 0
