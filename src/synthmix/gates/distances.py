"""Gates that look at the distance from a synthetic point to the nearest points of train."""

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
    """Distances to the nearest points of train, over all values: what few points leave out would be seen by no axis.

    Args:
        train: at least two points.

    Attributes:
        own: from each point of train to its nearest other one, (n,).
    """

    def __init__(self, train: Dataset) -> None:
        self._features = PixelFeatures(train.spec)
        self._points = self._features(train.x).double()
        self.own = nearest(self._points, self._points, same=True)[0][:, 0]

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(N, *shape) → distances to the nearest point of train (N,), and the number of that point (N,)."""
        distances, which = nearest(self._features(points).double(), self._points)
        return distances[:, 0], which[:, 0]


class Typicality:
    """Keeps points as far from train as its points are from each other.

    With q(p) the quantile of the distances from each point of train to its nearest other one, a synthetic point passes
    where its own distance to the nearest point of train is in [q(lowest), q(highest)].

    Args:
        config: the quantiles.
    """

    def __init__(self, config: TypicalityConfig) -> None:
        self.lowest, self.highest = config.lowest, config.highest

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Finds the quantiles on train."""
        self._to_train = Neighbourhood(splits.train)
        quantiles = torch.tensor([self.lowest, self.highest], dtype=torch.float64)
        self.bounds = torch.quantile(self._to_train.own, quantiles)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Those whose distance is within the quantiles."""
        distances, _ = self._to_train(points)
        return (distances >= self.bounds[0]) & (distances <= self.bounds[1])


class Authentic:
    """Drops near-copies: points nearer to a point of train than `factor` times the distance that this one keeps.

    With d(x) the distance from a synthetic x to the nearest point t of train, and d(t) from t to its nearest other
    point of train, x passes where d(x) > factor · d(t). A factor of 1 is the test of authenticity of Alaa et al. 2022,
    which also rejects about half of all real points that are new.

    Args:
        config: the factor.
    """

    def __init__(self, config: AuthenticConfig) -> None:
        self.factor = config.factor

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        """Finds the distance that each point of train keeps."""
        self._to_train = Neighbourhood(splits.train)
        return self

    def accept(self, points: Tensor) -> Tensor:
        """Those that are no near-copies."""
        distances, which = self._to_train(points)
        return distances > self.factor * self._to_train.own[which]
