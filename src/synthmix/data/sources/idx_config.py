"""Schemas of `data=mnist|fashion_mnist|kmnist`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.data.config import FileSetSchema
from synthmix.data.spec import Extent, unit_images


def idx_extent(name: str) -> Extent:
    """60,000 images of 1×28×28 and an official test set of 10,000."""
    return Extent(unit_images(name, (1, 28, 28)), n_points=60_000, n_official_test=10_000)


@dataclass(kw_only=True)
class MnistSchema(FileSetSchema):
    """Handwritten digits."""

    _target_: Literal["synthmix.data.sources.idx.load_mnist"]

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("mnist")


@dataclass(kw_only=True)
class FashionMnistSchema(FileSetSchema):
    """Pieces of clothing."""

    _target_: Literal["synthmix.data.sources.idx.load_fashion_mnist"]

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("fashion_mnist")


@dataclass(kw_only=True)
class KmnistSchema(FileSetSchema):
    """Old Japanese handwriting."""

    _target_: Literal["synthmix.data.sources.idx.load_kmnist"]

    def extent(self) -> Extent:
        """As `idx_extent`."""
        return idx_extent("kmnist")
