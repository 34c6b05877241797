"""Standardisation of tables, fitted on train and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from synthmix.data.base import Dataset


@dataclass(frozen=True)
class Scaling:
    """The map (x - shift) / scale of each column.

    Attributes:
        shift: float64, (D,): the mean of train.
        scale: float64, (D,): the standard deviation of train (divided by N); 1 for a constant column.
    """

    shift: Tensor
    scale: Tensor

    @classmethod
    def fit(cls, train: Dataset) -> Scaling:
        """The scaling under which every column of train, a table, has mean 0 and variance 1."""
        x = train.x.double()
        # From the first point, as the scaler takes a column for constant whose offset is large beside its deviation.
        scaler = StandardScaler().fit((x - x[0]).numpy())
        return cls(x[0] + torch.from_numpy(scaler.mean_), torch.from_numpy(scaler.scale_))

    def __call__(self, dataset: Dataset) -> Dataset:
        """The dataset on the new scale, in float32, and the density that it carries with it."""
        x = ((dataset.x.double() - self.shift) / self.scale).float()
        density = None if dataset.density is None else dataset.density.rescaled(self.shift, self.scale)
        return replace(dataset, x=x, density=density)

    def undone(self, x: Tensor) -> Tensor:
        """Points on the new scale, (N, D), in the units of the data: float64."""
        return x.double() * self.scale + self.shift
