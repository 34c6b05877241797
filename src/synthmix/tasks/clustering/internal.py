"""Internal indices: how compact and separate clusters are, without labels, in one fixed space."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn import metrics as sk
from torch import Tensor
from torchmetrics import clustering
from torchmetrics.utilities import dim_zero_cat

from synthmix.seeds import generator_for


class DaviesBouldinScore(clustering.DaviesBouldinScore):
    r"""torchmetrics' Davies-Bouldin index, right for more than 25 clusters too (lower is better, 0 is best).

    .. math:: \mathrm{DB} = \frac{1}{K} \sum_i \max_{j \neq i} \frac{S_i + S_j}{\|A_i - A_j\|}

    with centroids A and mean distances S to them (Davies and Bouldin 1979). Past 25 centroids torchmetrics 1.9.0
    takes the distance of a centroid to itself for a small positive number: 158 in place of 1.36 with 40 clusters.

    Shapes: `data` is float, (N, D), `labels` integers, (N,), with 2 to N - 1 clusters; the result a float64 scalar.

    Example:
        >>> data = torch.tensor([[0.0], [2.0], [10.0], [12.0]])
        >>> DaviesBouldinScore()(data, torch.tensor([0, 0, 1, 1])).item()
        0.2
    """

    higher_is_better = False

    def compute(self) -> Tensor:
        """The index of everything that was added."""
        data, labels = dim_zero_cat(self.data), dim_zero_cat(self.labels)
        return torch.tensor(sk.davies_bouldin_score(data.cpu().numpy(), labels.cpu().numpy()), dtype=torch.float64)


class SilhouetteScore(clustering.DaviesBouldinScore):
    r"""Mean silhouette, from -1 to 1 (higher is better), on a random subsample where there are many points.

    .. math:: s = \frac{1}{N} \sum_i \frac{b_i - a_i}{\max(a_i, b_i)}

    with a the mean distance to the other points of the own cluster and b that to the nearest other cluster
    (Rousseeuw 1987). Time and memory grow with the square of the number of points, hence the subsample.

    Shapes: `data` is float, (N, D), `labels` integers, (N,); the result is a float64 scalar. It is NaN where the
    subsample does not hold 2 to n - 1 clusters, for which the silhouette is not defined.

    Args:
        seed: of the subsample.
        size: number of points in the subsample, at most.

    Example:
        >>> data = torch.tensor([[0.0], [2.0], [10.0], [12.0]])
        >>> round(SilhouetteScore(seed=0)(data, torch.tensor([0, 0, 1, 1])).item(), 4)
        0.798
    """

    higher_is_better = True

    def __init__(self, *, seed: int, size: int = 5000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed, self.size = seed, size

    def compute(self) -> Tensor:
        """The mean silhouette of everything that was added, or of the subsample."""
        data, labels = dim_zero_cat(self.data), dim_zero_cat(self.labels)
        chosen = torch.randperm(len(data), generator=generator_for(self.seed, "silhouette"))[: self.size]
        labels = labels.cpu()[chosen]
        if not separable(labels):
            return torch.tensor(torch.nan, dtype=torch.float64)
        score = sk.silhouette_score(data.cpu()[chosen].numpy(), labels.numpy())
        return torch.tensor(score, dtype=torch.float64)


def separable(labels: Tensor) -> bool:
    """Whether internal indices are defined: at least two clusters, and fewer than points."""
    return 1 < len(np.unique(labels.cpu().numpy())) < len(labels)
