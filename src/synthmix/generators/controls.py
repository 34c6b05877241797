"""Controls: generators without a model, which a model is compared with."""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.errors import InvalidInput, Unavailable
from synthmix.generators.base import Generator
from synthmix.generators.controls_config import JitterConfig, SmoteConfig
from synthmix.role import Role


class Control(Generator):
    """Stores the train points; a subclass defines `draw`."""

    role: ClassVar[Role] = "control"

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Stores `dataset.x`."""
        self.spec = dataset.spec
        self.x = dataset.x.float()  # a table that nobody has split is float64
        return self

    def _clipped(self, x: Tensor) -> Tensor:
        return x if self.spec.value_range is None else x.clamp(*self.spec.value_range)


class Duplicate(Control):
    """The placebo: copies of train, a new seeded permutation each pass, so that counts differ by at most one."""

    role: ClassVar[Role] = "placebo"

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Stores `dataset.x`; a block is one pass over it."""
        super().fit(dataset, seed=seed)
        self.block_size = len(dataset)
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns train itself; `draw_block` permutes it."""
        return self.x


class Bootstrap(Control):
    """Draws from train with replacement (Efron 1979)."""

    role: ClassVar[Role] = "placebo"

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` train points, each drawn uniformly."""
        return self.x[torch.randint(len(self.x), (n,), generator=rng)]


class Jitter(Control):
    """Train points drawn with replacement plus Gaussian noise: a kernel density estimate of one bandwidth.

    Args:
        config: the noise.
    """

    def __init__(self, config: JitterConfig) -> None:
        self.noise = config.noise

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` noisy copies, clipped to the range of the data."""
        scale = self.noise * self.x.var(dim=0, correction=0).mean().sqrt()
        picked = self.x[torch.randint(len(self.x), (n,), generator=rng)]
        return self._clipped(picked + scale * torch.randn(picked.shape, generator=rng))


class Smote(Control):
    """Points between a train point and one of its k nearest neighbours, x + u (x' − x), u uniform on [0, 1].

    Source: Chawla et al. 2002, without classes.
    """

    def __init__(self, config: SmoteConfig) -> None:
        self.n_neighbors = config.n_neighbors

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Finds the neighbours of every train point."""
        super().fit(dataset, seed=seed)
        flat = self.x.flatten(1).numpy()
        k = min(self.n_neighbors, len(flat) - 1)
        found = NearestNeighbors(n_neighbors=k + 1).fit(flat).kneighbors(flat, return_distance=False)
        self.neighbors = torch.from_numpy(found[:, 1:])
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` interpolated points."""
        start = torch.randint(len(self.x), (n,), generator=rng)
        which = torch.randint(self.neighbors.shape[1], (n,), generator=rng)
        end = self.neighbors[start, which]
        u = torch.rand((n, *(1 for _ in self.spec.shape)), generator=rng)
        return torch.lerp(self.x[start], self.x[end], u)


class Real(Control):
    """The oracle: the real points that follow train in their seeded order."""

    role: ClassVar[Role] = "oracle"

    def material(self, splits: Splits) -> Dataset:
        """The pool, which no other generator may see."""
        return splits.pool

    def labels(self, splits: Splits) -> Tensor | None:
        """Those of the pool: an oracle's points are real, and labelled as train is."""
        return splits.pool.y

    @property
    def capacity(self) -> int:
        """Number of points in the pool."""
        return len(self.x)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns the first `n` points of the pool."""
        return self.x[:n]

    def sample(self, n: int, seed: int) -> Tensor:
        """Returns the first `n` points of the pool, which is in seeded order already.

        Raises:
            Unavailable: the pool is shorter than `n`.
        """
        if n > len(self.x):
            raise Unavailable(f"model.name=real: {n} real points asked for, the pool holds {len(self.x)}")
        return self.x[:n]


class Truth(Control):
    """Samples the known distribution of a toy data set."""

    role: ClassVar[Role] = "oracle"

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Keeps the density that the data set carries.

        Raises:
            InvalidInput: the data set carries none.
        """
        super().fit(dataset, seed=seed)
        if dataset.density is None:
            raise InvalidInput(
                f"model.name=truth: data.name={dataset.spec.name} has no known density; allowed: data=toy"
            )
        self.density = dataset.density
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` independent points of the density."""
        return self.density.sample(n, rng)
