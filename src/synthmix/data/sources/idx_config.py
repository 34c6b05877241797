"""Configs of `data=mnist|fashion_mnist|kmnist`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count, NonNegativeInt
from synthmix.spec import Extent, unit_images


def idx_extent(name: str) -> Extent:
    """60,000 images of 1×28×28 and an official test set of 10,000."""
    return Extent(unit_images(name, (1, 28, 28)), n_points=60_000, n_official_test=10_000)


@dataclass(kw_only=True, frozen=True)
class IdxConfig(FileSetConfig):
    """A set of the MNIST family, on whose reserve the classifier features are trained."""

    n_train: Count | None = 1000
    n_val: Count | None = 10_000
    n_reserve: NonNegativeInt = 10_000


@dataclass(kw_only=True, frozen=True)
class MnistConfig(IdxConfig):
    """Handwritten digits."""

    classes: ClassVar[str | None] = "the digits 0 to 9"

    _target_: str = "synthmix.data.sources.idx.load_mnist"
    name: str = "mnist"

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("mnist")


@dataclass(kw_only=True, frozen=True)
class FashionMnistConfig(IdxConfig):
    """Pieces of clothing."""

    classes: ClassVar[str | None] = "pieces of clothing"

    _target_: str = "synthmix.data.sources.idx.load_fashion_mnist"
    name: str = "fashion_mnist"

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("fashion_mnist")


@dataclass(kw_only=True, frozen=True)
class KmnistConfig(IdxConfig):
    """Old Japanese handwriting."""

    classes: ClassVar[str | None] = "letters of the kuzushi hand"

    _target_: str = "synthmix.data.sources.idx.load_kmnist"
    name: str = "kmnist"

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("kmnist")
