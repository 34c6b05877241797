"""The interface of generators: fitted on train, then sampled in nested prefixes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
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
    """A generative model or control, fitted on real points.

    Samples are drawn in blocks of fixed size, each with its own random stream and shuffled, so that
    ``sample(100, seed)`` is a prefix of ``sample(1000, seed)``, and every prefix is an unbiased sample even where
    `draw` returns its points in an order.

    Attributes:
        role: in a study: a model under test, or a kind of control.
        spec: of the data that it was fitted on.
        block_size: points of a block.
    """

    role: ClassVar[Role] = "generator"
    spec: DataSpec
    block_size: int = 500

    @abstractmethod
    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        """Fits `dataset.x`; labels are never used."""

    def material(self, splits: Splits) -> Dataset:
        """The part of a split that this generator is fitted on: train, for all but the oracle."""
        return splits.train

    @property
    def capacity(self) -> int | None:
        """The most points that it can sample; None where it is unlimited."""
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
        """The fitted state: all attributes, so that a user's own generator is stored as well.

        None where an attribute is neither a tensor nor a plain value; such a generator is refitted when needed.
        """
        learnt = {name: value for name, value in vars(self).items() if name != "spec"}
        return {"spec": asdict(self.spec), "learnt": learnt} if is_plain(learnt) else None

    def load_state(self, state: Mapping[str, Any]) -> Self:
        """Restores the state of a generator with the same config."""
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
    """A generator with a discriminator of real and synthetic points."""

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
class Labelled(Protocol):
    """A generator whose synthetic pool consists of points with known labels."""

    def labels(self, splits: Splits) -> Tensor | None:
        """The label of each point of its pool, in their order: int64, (N,); None where `splits` has none."""
        ...


@runtime_checkable
class Writing(Protocol):
    """A generator whose points stand for texts that it writes."""

    def texts(self, n: int, seed: int) -> Sequence[str]:
        """The texts behind the first `n` points of the pool of `seed`."""
        ...

    def perplexity(self, texts: Sequence[str]) -> float:
        """That of texts under the model, a word."""
        ...


@runtime_checkable
class Scoring(Protocol):
    """A generator with an explicit density."""

    def score_samples(self, x: Tensor) -> Tensor:
        """(N, *shape) → natural logarithms of the density (N,)."""
        ...
