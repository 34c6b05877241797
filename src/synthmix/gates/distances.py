"""Gates by the distance from a synthetic point to its nearest neighbour in train."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.gates.base import Candidates
from synthmix.gates.config import AuthenticConfig, TypicalityConfig
from synthmix.quality.features.extractors import PixelFeatures
from synthmix.quality.neighbours import nearest


class Neighbourhood:
    """Nearest neighbours in train, by Euclidean distance over all features.

    Not in PCA space: the axes of a small train would miss the directions in which it does not vary.

    Args:
        train: at least two points.

    Attributes:
        own: nearest-neighbour distance of each point within train, (n,).
    """

    def __init__(self, train: Dataset) -> None:
        self._features = PixelFeatures(train.spec)
        self._points = self._features(train.x).double()
        self.own = nearest(self._points, self._points, same=True)[0][:, 0]

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(N, *shape) → distances to the nearest point of train (N,), and its index (N,)."""
        distances, which = nearest(self._features(points).double(), self._points)
        return distances[:, 0], which[:, 0]


class Typicality:
    """Accepts points whose distance to train is typical of train's own nearest-neighbour distances.

    With q(p) the p-quantile of the nearest-neighbour distances within train, a synthetic point is accepted where its
    distance to the nearest point of train is in [q(lowest), q(highest)].

    Args:
        config: the quantiles.
    """

    def __init__(self, config: TypicalityConfig) -> None:
        self.lowest, self.highest = config.lowest, config.highest

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Computes the quantiles on train."""
        self._to_train = Neighbourhood(splits.train)
        quantiles = torch.tensor([self.lowest, self.highest], dtype=torch.float64)
        self.bounds = torch.quantile(self._to_train.own, quantiles)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Whether each distance is between the quantiles."""
        distances, _ = self._to_train(points)
        return (distances >= self.bounds[0]) & (distances <= self.bounds[1])


class Authentic:
    """Rejects near-copies of points of train.

    With d(x) the distance from a synthetic x to the nearest point t of train, and d(t) from t to its nearest neighbour
    in train, x is accepted where d(x) > factor · d(t). A factor of 1 is the test of authenticity of Alaa et al. 2022,
    which also rejects about half of all real points that are new.

    Args:
        config: the factor.
    """

    def __init__(self, config: AuthenticConfig) -> None:
        self.factor = config.factor

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Computes the nearest-neighbour distances within train."""
        self._to_train = Neighbourhood(splits.train)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Whether each point is no near-copy."""
        distances, which = self._to_train(points)
        return distances > self.factor * self._to_train.own[which]
