"""Memorisation of training points: authenticity and distances to the closest record."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from synthmix.quality.features.feature_sets import FeatureSets, TwoSets, checked
from synthmix.quality.neighbours import nearest


def authenticity(train: Tensor, synthetic: Tensor) -> float:
    """Share of synthetic points that are not near-copies of training points (Alaa et al. 2022).

    A synthetic point is authentic if it is further from its nearest train point than that point is from its own nearest
    neighbour in train. Copies score 0; new real points about .5 or more, depending on the dimension.

    Args:
        train: features (N, D) of the points that the generator was fitted on, at least 2.
        synthetic: features (M, D), at least 1.

    Raises:
        ValueError: too few points, or values that are not finite.

    Example:
        >>> train = torch.tensor([[0.0], [1.0], [5.0]])
        >>> authenticity(train, torch.tensor([[0.0], [1.5], [-2.0], [2.6]]))
        0.5
    """
    train, synthetic = checked(train, least=2, what="train"), checked(synthetic, least=1, what="synthetic")
    distance, place = (found[:, 0] for found in nearest(synthetic, train))
    asked, of_asked = np.unique(place.numpy(), return_inverse=True)
    # The first neighbour of a point is itself, at exactly 0.
    own = nearest(train[torch.from_numpy(asked)], train, 2)[0][:, 1]
    return (distance > own[torch.from_numpy(of_asked)]).double().mean().item()


def closest_records(train: Tensor, held_out: Tensor, synthetic: Tensor) -> dict[str, float]:
    """Distance to the closest record (DCR) in train, compared with that in held-out points.

    Args:
        train: features (N, D), at least 1.
        held_out: features (M, D), at least 1. The longer of the two sets is truncated, because nearest-neighbour
            distances shrink with the number of points.
        synthetic: features (L, D), at least 1.

    Returns:
        `dcr_share`, the share of synthetic points that are nearer to train than to the held-out points, ties counting
        half: .5 where nothing is memorised, 1 for copies. And `dcr_ratio`, the median distance to train divided by that
        to the held-out points: 1 where nothing is memorised, 0 for copies; left out where the latter is 0.

    Raises:
        ValueError: too few points, or values that are not finite.
    """
    n = min(len(train), len(held_out))
    parts = {"train": train[:n], "held-out": held_out[:n]}
    synthetic = checked(synthetic, least=1, what="synthetic")
    seen, unseen = (
        nearest(synthetic, checked(part, least=1, what=name))[0][:, 0].contiguous() for name, part in parts.items()
    )
    scores = {"dcr_share": ((seen < unseen).double() + 0.5 * (seen == unseen).double()).mean().item()}
    typical = unseen.quantile(0.5)
    return scores if typical == 0 else scores | {"dcr_ratio": (seen.quantile(0.5) / typical).item()}


class Authenticity(TwoSets):
    """`authenticity` of the features of all batches; the real points are those of train."""

    higher_is_better = True

    def compute(self) -> Tensor:
        """The share, a float64 scalar."""
        return torch.tensor(authenticity(self.kept("real"), self.kept("synthetic")), dtype=torch.float64)


class ClosestRecords(FeatureSets):
    """`closest_records` of the features of all batches."""

    parts = ("train", "held_out", "synthetic")

    def update(self, features: Tensor, *, part: str) -> None:
        """Adds a batch of features, (N, D), of the part `train`, `held_out` or `synthetic`."""
        if part not in self.parts:
            raise ValueError(f"part={part}: allowed: {', '.join(self.parts)}")
        self.keep(part, features)

    def compute(self) -> dict[str, Tensor]:
        """`dcr_share` and `dcr_ratio`, float64 scalars."""
        values = closest_records(*(self.kept(part) for part in self.parts))
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
