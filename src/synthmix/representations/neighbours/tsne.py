"""`tsne`: t-distributed stochastic neighbour embedding, by openTSNE, which can place new points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.representations.neighbours.config import TsneConfig
from synthmix.seeds import derive_seed

NEW_PERPLEXITY = 5.0  # of points that are placed in a finished embedding, as openTSNE has it
NEW_NEIGHBOURS = 25  # whose median such a point starts from, likewise
FORCES = {"negative_gradient_method": "bh", "n_jobs": 1}  # of Barnes and Hut, exact enough, and in no grid


class TsneRepresentation:
    """t-SNE's embedding (van der Maaten and Hinton 2008), on one thread, from the principal components.

    A point is placed among those that it was fitted on, by the same forces, and sees no other new one (Poličar et al.
    2019). The points fitted on are placed in that way too, so that all points are represented alike.

    Args:
        config: perplexity and iterations.
    """

    def __init__(self, config: TsneConfig) -> None:
        self.config = config

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Embeds `dataset.x`."""
        from openTSNE import TSNE, initialization

        self.seed = derive_seed(seed, "tsne") % 2**32
        self.points = dataset.x.flatten(1).float()
        start = initialization.pca(self.points.numpy(), self.config.n_components, random_state=self.seed)
        tsne = TSNE(self.config.n_components, n_iter=self.config.n_iter, random_state=self.seed, **FORCES)
        places = tsne.fit(affinities=self._affinities(), initialization=start)
        return self._with(np.array(places))

    def transform(self, x: Tensor) -> NDArray[Any]:
        """Places, (N, *shape) → (N, n_components) float32; that of a point depends on no other one of `x`."""
        rows = x.flatten(1).float().numpy()
        if not len(rows):
            return np.empty((0, self.config.n_components), dtype=np.float32)
        n = len(self.points)
        k = min(NEW_NEIGHBOURS, n)
        placed = self._embedding.transform(rows, perplexity=min(NEW_PERPLEXITY, (n - 1) / 3), k=k)
        return np.asarray(placed, dtype=np.float32)

    def state(self) -> dict[str, Any]:
        """The points that it was fitted on, and their places."""
        return {"points": self.points, "places": torch.from_numpy(self.places), "seed": self.seed}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up points and places."""
        self.points, self.seed = state["points"], state["seed"]
        return self._with(state["places"].numpy())

    def _with(self, places: NDArray[Any]) -> Self:
        from openTSNE import TSNEEmbedding

        self.places = places
        self._embedding = TSNEEmbedding(places.copy(), self._affinities(), random_state=self.seed, **FORCES)
        return self

    def _affinities(self) -> Any:
        """Of the points among each other; of few points with a smaller perplexity."""
        from openTSNE.affinity import PerplexityBasedNN

        perplexity = min(self.config.perplexity, (len(self.points) - 1) / 3)
        return PerplexityBasedNN(self.points.numpy(), perplexity, method="exact", n_jobs=1, random_state=self.seed)
