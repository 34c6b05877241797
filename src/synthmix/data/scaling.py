"""The scale of tables, fitted on train and on nothing else: standardised, or normal scores of ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from synthmix.data.quantiles import scores_of, values_of


@dataclass(frozen=True)
class Scaling:
    """The map (x - shift) / scale of each column, or a curve.

    Attributes:
        shift: float64, (D,): the mean of train.
        scale: float64, (D,): the standard deviation of train (divided by N); 1 for a constant column.
        low, high: float64, (D,): the least and the greatest value of train; None where nobody has kept them.
        curves: by place, as a text, the curves of columns that are mapped to normal scores, see `normal_curve`.
    """

    shift: Tensor
    scale: Tensor
    low: Tensor | None = None
    high: Tensor | None = None
    curves: Mapping[str, Tensor] = field(default_factory=dict)

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
        scaled = ((x.double() - self.shift) / self.scale).float()
        for place, curve in self.curves.items():
            at = int(place)
            scaled[:, at] = scores_of(x[:, at].double(), curve, float(self.scale[at])).float()
        return scaled

    def undone(self, x: Tensor) -> Tensor:
        """Points on the new scale, (N, D), in the units of the data: float64."""
        values = x.double() * self.scale + self.shift
        for place, curve in self.curves.items():
            at = int(place)
            values[:, at] = values_of(x[:, at].double(), curve, float(self.scale[at]))
        return values
