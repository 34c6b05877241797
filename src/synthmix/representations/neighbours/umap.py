"""`umap`: uniform manifold approximation and projection, by umap-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.representations.neighbours.config import UmapConfig
from synthmix.seeds import derive_seed

BLOCK = 1000  # points whose distances are computed at once
HALVINGS = 64  # of the interval that a bandwidth lies in


class UmapRepresentation:
    """UMAP's embedding (McInnes et al. 2018), on one thread, so that a seed gives the same places again.

    A point goes to the weighted mean of its neighbours' places, with UMAP's own weights: that is where umap-learn's
    `transform` starts. Its further steps are left out, because in them a place depends on the points that happen to
    be transformed together, and points fitted on would be placed in another way than points never seen.

    Args:
        config: neighbours, distances and passes.
    """

    def __init__(self, config: UmapConfig) -> None:
        self.config = config

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Embeds `dataset.x`."""
        from umap.umap_ import UMAP  # compiles for seconds when it is imported

        self.points = dataset.x.flatten(1).float()
        umap = UMAP(
            n_components=self.config.n_components,
            n_neighbors=min(self.config.n_neighbors, len(self.points) - 1),
            min_dist=self.config.min_dist,
            n_epochs=self.config.n_epochs,
            random_state=derive_seed(seed, "umap") % 2**32,
            n_jobs=1,
        )
        threads = torch.get_num_threads()
        with threadpool_limits():  # numba raises the number of threads of all OpenMP in the process, for good
            self.places = torch.from_numpy(umap.fit(self.points.numpy()).embedding_).float()
        torch.set_num_threads(threads)
        return self

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Places, (N, *shape) → (N, n_components) float32; that of a point depends on no other one of `x`."""
        k = min(self.config.n_neighbors, len(self.points) - 1)
        return torch.cat([self._placed(block, k) for block in torch.split(x.flatten(1).float(), BLOCK)]).numpy()

    def state(self) -> dict[str, Any]:
        """The points that it was fitted on, and their places."""
        return {"points": self.points, "places": self.places}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up points and places."""
        self.points, self.places = state["points"], state["places"]
        return self

    def _placed(self, x: Tensor, k: int) -> Tensor:
        # By differences: distances by products of matrices depend in their last bits on what else is in the block.
        distances = torch.cdist(x, self.points, compute_mode="donot_use_mm_for_euclid_dist").double()
        nearest, neighbours = distances.topk(k, largest=False, sorted=True)
        weights = memberships(nearest)
        return (weights[:, :, None] * self.places[neighbours]).sum(dim=1).float()


def memberships(distances: Tensor) -> Tensor:
    """The weights of each point's neighbours, which sum to 1.

    In proportion to exp(−dᵢⱼ / σᵢ), with the bandwidth σᵢ at which these sum to log₂ k (McInnes et al. 2018, algorithm
    3, without the distance of the nearest point, as umap-learn has it for new points).

    Args:
        distances: to the k nearest points, float64, (N, k).
    """
    target = math.log2(distances.shape[1])
    low, high = torch.zeros(len(distances), 1).double(), distances.max(dim=1, keepdim=True).values * 100 + 1e-9
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_wide = (-distances / middle).exp().sum(dim=1, keepdim=True) > target
        low, high = torch.where(is_wide, low, middle), torch.where(is_wide, middle, high)
    return (-distances / high).softmax(dim=1)
