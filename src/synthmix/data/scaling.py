"""Standardisation of tables, fitted on train and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor


@dataclass(frozen=True)
class Scaling:
    """The map (x - shift) / scale of each column.

    Attributes:
        shift: float64, (D,): the mean of train.
        scale: float64, (D,): the standard deviation of train (divided by N); 1 for a constant column.
        low, high: float64, (D,): the least and the greatest value of train; None where nobody has kept them.
    """

    shift: Tensor
    scale: Tensor
    low: Tensor | None = None
    high: Tensor | None = None

    @classmethod
    def fit(cls, train: Tensor) -> Scaling:
        """The scaling under which every column of train, (N, D), has mean 0 and variance 1."""
        x = train.double()
        # From the first point, as the scaler takes a column for constant whose offset is large beside its deviation.
        scaler = StandardScaler().fit((x - x[0]).numpy())
        shift, scale = x[0] + torch.from_numpy(scaler.mean_), torch.from_numpy(scaler.scale_)
        return cls(shift, scale, x.amin(0), x.amax(0))

    def __call__(self, x: Tensor) -> Tensor:
        """Points, (N, D), on the new scale: float32."""
        return ((x.double() - self.shift) / self.scale).float()

    def undone(self, x: Tensor) -> Tensor:
        """Points on the new scale, (N, D), in the units of the data: float64."""
        return x.double() * self.scale + self.shift
