"""Gates that look at the distance from a synthetic point to the nearest points of train."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.gates.base import Candidates
from synthmix.metrics.features import PcaFeatures


class Neighbourhood:
    """Distances to the points of train, on their leading principal axes.

    Args:
        train: at least two points.
        k: which neighbour a distance is to, fewer where train has no more; of a point of train, itself not counted.

    Attributes:
        own: from each point of train to its neighbour, (n,).
    """

    def __init__(self, train: Dataset, k: int = 1) -> None:
        self._features = PcaFeatures.fit(train.x, train.spec)
        self.k = min(k, len(train) - 1)
        points = self._features(train.x).numpy()
        self._search = NearestNeighbors().fit(points)
        self.own: NDArray[np.float64] = self._search.kneighbors(n_neighbors=self.k)[0][:, -1]

    def __call__(self, points: Tensor) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(N, *shape) → distances to the k-th nearest point of train (N,), and the number of that point (N,)."""
        distances, which = self._search.kneighbors(self._features(points).numpy(), n_neighbors=self.k)
        return distances[:, -1], which[:, -1]


class Typicality:
    """Keeps points as far from train as its points are from each other.

    With q(p) the quantile of the distances from each point of train to its nearest other one, a synthetic point passes
    where its own distance to the nearest point of train is in [q(lowest), q(highest)].

    Args:
        lowest, highest: quantiles of the distances among train.
    """

    def __init__(self, *, lowest: float = 0.0, highest: float = 0.95) -> None:
        self.lowest, self.highest = lowest, highest

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Finds the quantiles on train."""
        self._to_train = Neighbourhood(splits.train)
        self.bounds = np.quantile(self._to_train.own, [self.lowest, self.highest])
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Those whose distance is within the quantiles."""
        distances, _ = self._to_train(points)
        return torch.from_numpy((distances >= self.bounds[0]) & (distances <= self.bounds[1]))


class Authentic:
    """Drops near-copies: points nearer to a point of train than `factor` times the distance that this one keeps.

    With d(x) the distance from a synthetic x to the nearest point t of train, and d(t) from t to its nearest other
    point of train, x passes where d(x) > factor · d(t). A factor of 1 is the test of authenticity of Alaa et al. 2022,
    which also rejects about half of all real points that are new.

    Args:
        factor: at least 0.
    """

    def __init__(self, *, factor: float = 0.5) -> None:
        self.factor = factor

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Finds the distance that each point of train keeps."""
        self._to_train = Neighbourhood(splits.train)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Those that are no near-copies."""
        distances, which = self._to_train(points)
        return torch.from_numpy(distances > self.factor * self._to_train.own[which])
