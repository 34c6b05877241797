"""Arrays with what is known of them: `DataSpec`, `Dataset` and the `Splits` of one seed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

import torch
from torch import Tensor

from synthmix.data.scaling import Scaling
from synthmix.spec import DataSpec

if TYPE_CHECKING:
    from synthmix.data.text.documents import Documents
    from synthmix.data.text.lsa import Lsa

Imputation = Literal["median", "knn", "iterative", "mixture"]


class Density(Protocol):
    """The known distribution of a toy data set, over points of shape (D,)."""

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Returns `n` independent points, float32, (n, D)."""
        ...

    def log_prob(self, x: Tensor) -> Tensor:
        """Returns the natural logarithm of the density at each row of `x` (N, D): float32, (N,)."""
        ...

    def rescaled(self, shift: Tensor, scale: Tensor) -> Density:
        """The distribution of (x - shift) / scale, with `shift` and `scale` (D,), `scale` above 0."""
        ...


@dataclass(frozen=True)
class Dataset:
    """Points, their labels where there are any, and their spec.

    Attributes:
        x: float32, (N, C, H, W) for images with values in `spec.value_range`, (N, D) for tables; of a table that no
            `Scaling` has passed yet also float64.
        y: int64, (N,), or None. For scoring only.
        spec: kind, shape, value range, number of classes, digest.
        test: the official test set where there is one.
        density: for toy data, the distribution that the points come from.
        impute: how `split` fills what is missing (NaN) in a user's table; None where nothing is.
        documents: the texts that the points stand for, of which `split` makes the points; None where there are none.
        keeps_gaps: whether generators are told what was missing.
    """

    x: Tensor
    y: Tensor | None
    spec: DataSpec
    test: Dataset | None = None
    density: Density | None = None
    impute: Imputation | None = None
    documents: Documents | None = None
    keeps_gaps: bool = False

    def __post_init__(self) -> None:
        allowed = (torch.float32, torch.float64) if self.spec.kind == "table" else (torch.float32,)
        if self.x.dtype not in allowed or tuple(self.x.shape[1:]) != self.spec.shape:
            raise ValueError(
                f"x must be {' or '.join(map(str, allowed))} of shape (N, {', '.join(map(str, self.spec.shape))}), "
                f"got {self.x.dtype} {tuple(self.x.shape)}"
            )
        if self.y is not None and (self.y.dtype != torch.int64 or self.y.shape != self.x.shape[:1]):
            raise ValueError(f"y must be int64 of shape ({len(self.x)},), got {self.y.dtype} {tuple(self.y.shape)}")

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: Tensor | slice) -> Dataset:
        """The points at `index`, in that order, without the official test set."""
        y = None if self.y is None else self.y[index]
        documents = None if self.documents is None else self.documents.take(index)
        return replace(self, x=self.x[index], y=y, test=None, documents=documents)

    def unlabelled(self) -> Dataset:
        """The same points without their labels: what anything that learns is given."""
        return replace(self, y=None)

    def encoded(self, lsa: Lsa) -> Dataset:
        """The same documents as the points that an analysis of train's makes of them, float32, (N, k)."""
        assert self.documents is not None
        documents = self.documents.encoded(lsa)
        x = torch.from_numpy(lsa(documents.counts))
        return replace(self, x=x, spec=replace(self.spec, shape=tuple(x.shape[1:])), documents=documents)

    def scaled(self, scaling: Scaling) -> Dataset:
        """The same points on another scale, in float32, and the density that they come from with them."""
        density = None if self.density is None else self.density.rescaled(scaling.shift, scaling.scale)
        return replace(self, x=scaling(self.x), density=density)


@dataclass(frozen=True)
class Splits:
    """One seed's cut of a dataset. Scaled: whatever the scaler knows, it knows from `train`.

    Attributes:
        train: the n points that anything may learn from.
        pool: real points that follow train in the same seeded order; only the oracle draws from them.
        val: points for choices and as the reference of quality.
        test: held out; scored once.
        reserve: seed-independent points on which the classifier features were trained, or None.
        duplicates_across: how many test or val points also occur, exactly, among train and pool.
        scaling: that of a table, by which all parts were scaled; None for images and documents.
        like_train: places in val of the points that are such as train is made of; None where all of them are.
        gaps: where the values of train have been filled, bool, of its shape; None where nothing has, or no generator is
            to know.
        numbers: what is known of the cut, by MLflow name.
    """

    train: Dataset
    pool: Dataset
    val: Dataset
    test: Dataset
    reserve: Dataset | None
    duplicates_across: int
    scaling: Scaling | None = None
    like_train: Tensor | None = None
    gaps: Tensor | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def incomplete(self) -> Dataset:
        """Train with NaN in place of what has been filled, for a generator that fits incomplete rows."""
        if self.gaps is None:
            return self.train
        return replace(self.train, x=self.train.x.masked_fill(self.gaps, math.nan))

    def for_generators(self) -> Splits:
        """The same with no point in val that train could not have: what generators are compared with and chosen by.

        For anomaly detection test and val hold anomalies that train does not, which no generator is meant to make.
        """
        return self if self.like_train is None else replace(self, val=self.val.take(self.like_train), like_train=None)

    @property
    def held_out(self) -> dict[str, Dataset]:
        """The parts that a task is scored on, by name."""
        return {"val": self.val, "test": self.test}

    @property
    def answered(self) -> dict[str, Dataset]:
        """The parts for which a task's outputs are kept: those that it is scored on, and of documents train's too.

        What a cluster of documents is about is told by those of train.
        """
        return self.held_out if self.train.documents is None else {**self.held_out, "train": self.train}

    def unlabelled(self) -> Splits:
        """All parts without their labels."""
        parts = {name: getattr(self, name) for name in ("train", "pool", "val", "test", "reserve")}
        return replace(self, **{name: part and part.unlabelled() for name, part in parts.items()})


def assemble(
    spec: DataSpec,
    x: Tensor,
    y: Tensor | None,
    *,
    test: tuple[Tensor, Tensor | None] | None = None,
    density: Density | None = None,
) -> Dataset:
    """A dataset of these arrays, its official test set included, with the digest of all of them in its spec."""
    spec = replace(spec, digest=digest_of(x, y, *(test or ())))
    official = None if test is None else Dataset(*test, spec)
    return Dataset(x, y, spec, official, density)


def digest_of(*tensors: Tensor | None) -> str:
    """SHA-256 over shape, type and bytes of the tensors, in hexadecimal."""
    sha = hashlib.sha256()
    for tensor in tensors:
        if tensor is not None:
            sha.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
            sha.update(tensor.reshape(-1).numpy().data)
    return sha.hexdigest()
