"""Train plus the first ⌊r·n⌋ points of the synthetic pool: nested, so that ratios are comparable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset

UNKNOWN = -1  # in place of a label


@dataclass(frozen=True)
class Mixture:
    """Real points first, synthetic ones after them.

    Attributes:
        dataset: n real and m synthetic points, without labels.
        weights: (n + m,), 1 for a real point and `synthetic_weight` for a synthetic one; None where all weigh 1.
        n_real: n.
    """

    dataset: Dataset
    weights: Tensor | None
    n_real: int

    @property
    def sample_weight(self) -> NDArray[np.float32] | None:
        """The weights as a learner's `fit` takes them; None where all weigh 1."""
        return None if self.weights is None else self.weights.numpy()

    @property
    def synthetic(self) -> Tensor:
        """The synthetic points, (m, *shape)."""
        return self.dataset.x[self.n_real :]


def mix(train: Dataset, synthetic: Tensor, weight: float) -> Mixture:
    """Appends `synthetic` (m, *shape) to the real points and weighs it."""
    x = torch.cat([train.x, synthetic])
    weights = None
    if weight != 1 and len(synthetic):
        weights = torch.cat([torch.ones(len(train)), torch.full((len(synthetic),), weight)])
    mixed = Dataset(x, None, train.spec)
    return Mixture(mixed, weights, len(train))


def labels_of(train: Dataset, places: Tensor, of_pool: Tensor | None) -> NDArray[np.int64]:
    """What is known of the classes of a mixture, for a supervised task.

    Args:
        train: labelled.
        places: of the synthetic points in their pool, (m,).
        of_pool: the labels of the pool; None where nobody knows them, as of what a model makes.

    Returns:
        Labels of the real points first, (n + m,); `UNKNOWN` for points without one.
    """
    assert train.y is not None
    synthetic = torch.full_like(places, UNKNOWN) if of_pool is None else of_pool[places]
    return np.asarray(torch.cat([train.y, synthetic]).numpy())
