"""Numbers by their rank in train, as normal scores, and back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtri
from torch import Tensor

MOST_KNOTS = 10_000  # of a column; with as many values or fewer each comes back to the last bit


def normal_curve(train: Tensor) -> Tensor:
    """The map of a column's values to normal scores: float64, (2, K), values and scores, both strictly rising.

    The score of a value is the normal quantile of its mid-rank, the share of train below it and half of that at it,
    moved and stretched so that train has mean 0 and variance 1. Scores are numbers that 32 bits hold.

    Args:
        train: the column, (N,).
    """
    known, counts = np.unique(train.double().numpy(), return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2) / counts.sum())
    centred = scores - np.average(scores, weights=counts)
    deviation = np.sqrt(np.average(np.square(centred), weights=counts)) or 1.0
    scores = (centred / deviation).astype(np.float32).astype(np.float64)
    if len(known) > MOST_KNOTS:
        kept = np.linspace(0, len(known) - 1, MOST_KNOTS).round().astype(int)
        known, scores = known[kept], scores[kept]
    rising = np.concatenate([[True], np.diff(scores) > 0])
    return torch.from_numpy(np.stack([known[rising], scores[rising]]))


def scores_of(values: Tensor, curve: Tensor, scale: float) -> Tensor:
    """The scores of values, (N,), float64. Beyond train's they go on in a line, 1 for each `scale`."""
    known, scores = curve.numpy()
    return torch.from_numpy(_along(values.numpy(), known, scores, 1 / scale))


def values_of(scores: Tensor, curve: Tensor, scale: float) -> Tensor:
    """The values of scores, (N,), float64: the inverse of `scores_of`."""
    known, own = curve.numpy()
    return torch.from_numpy(_along(scores.numpy(), own, known, scale))


def _along(
    x: NDArray[np.float64], xs: NDArray[np.float64], ys: NDArray[np.float64], slope: float
) -> NDArray[np.float64]:
    """The line through the knots, and beyond them with a slope."""
    y = np.interp(x, xs, ys)
    y = np.where(x < xs[0], ys[0] + slope * (x - xs[0]), y)
    return np.where(x > xs[-1], ys[-1] + slope * (x - xs[-1]), y)
