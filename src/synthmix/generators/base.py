"""What every generator is: something that fits `train` and then samples nested, fair prefixes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.role import Role
from synthmix.seeds import generator_for
from synthmix.spec import DataSpec
from synthmix.stages.storable import is_plain


class Generator(ABC):
    """Fits real points and samples synthetic ones.

    A sample is made in blocks of fixed size, each from a random stream of its own and permuted within, so that
    ``sample(100, seed)`` is the beginning of ``sample(1000, seed)`` and each prefix is a fair draw, whatever order
    `draw` returns its points in.

    Attributes:
        role: what it is to a study: a model to be judged, or a control beside it.
        spec: of the data that it was fitted on.
        block_size: points of a block.
    """

    role: ClassVar[Role] = "generator"
    spec: DataSpec
    block_size: int = 500

    @abstractmethod
    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Learns from `dataset.x` alone; labels are never looked at."""

    def material(self, splits: Splits) -> Dataset:
        """The part of a split that this generator is fitted on: train, for all but the oracle."""
        return splits.train

    @property
    def capacity(self) -> int | None:
        """How many points it can deliver; None where there is no limit."""
        return None

    @abstractmethod
    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Returns `n` points, (n, *spec.shape), float32, in the range of the data."""

    def sample(self, n: int, seed: int) -> Tensor:
        """Returns the first `n` points of the synthetic pool of this seed, (n, *spec.shape).

        Raises:
            Unavailable: the generator cannot deliver that many points (only the oracle).
            RuntimeError: it has not been fitted.
        """
        if not hasattr(self, "spec"):
            raise RuntimeError(f"{type(self).__name__} has not been fitted; call fit first")
        blocks = [self.draw_block(index, seed) for index in range(-(-n // self.block_size))]
        return torch.cat(blocks)[:n] if blocks else torch.empty(0, *self.spec.shape)

    def state(self) -> dict[str, Any] | None:
        """What a fit has learnt: its attributes, so that whatever is costly is stored, whoever wrote it.

        None where one is neither a tensor nor made of plain values; then it is fitted whenever it is needed.
        """
        learnt = {name: value for name, value in vars(self).items() if name != "spec"}
        return {"spec": asdict(self.spec), "learnt": learnt} if is_plain(learnt) else None

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Takes up what an equally built one has learnt."""
        vars(self).update(state["learnt"])
        self.spec = DataSpec(**state["spec"])
        return self

    def draw_block(self, index: int, seed: int) -> Tensor:
        """Returns block number `index` of the pool of `seed`, (block_size, *spec.shape)."""
        rng = generator_for(seed, "pool", index)
        points = self.draw(self.block_size, rng)
        return points[torch.randperm(len(points), generator=rng)]


@runtime_checkable
class Discriminating(Protocol):
    """A generator that has learnt to tell real points from its own."""

    def discriminate(self, x: Tensor) -> Tensor:
        """(N, *shape), in the range of the data → logits (N,), the larger the more real."""
        ...


@runtime_checkable
class Reconstructing(Protocol):
    """A generator that maps a point to its latent and back."""

    def reconstruct(self, x: Tensor) -> Tensor:
        """(N, *shape) → (N, *shape)."""
        ...


@runtime_checkable
class Scoring(Protocol):
    """A generator that knows the density of a point."""

    def score_samples(self, x: Tensor) -> Tensor:
        """(N, *shape) → natural logarithms of the density (N,)."""
        ...
