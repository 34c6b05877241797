"""Config of `data=cifar10`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.data import FileSetConfig
from synthmix.config.schema import Count
from synthmix.data.sources.files.known import CIFAR10_ARCHIVE, CIFAR10_SUBSET
from synthmix.data.sources.files.retrieval import all_present, data_folder
from synthmix.spec import Extent, unit_images

SPEC = unit_images("cifar10", (3, 32, 32))


def reads_subset(root: str | None) -> bool:
    """Whether the subset is what lies in the data folder, and the official archive does not."""
    folder = data_folder(root, SPEC.name)
    return all_present([CIFAR10_SUBSET], folder) and not all_present([CIFAR10_ARCHIVE], folder)


@dataclass(kw_only=True, frozen=True)
class Cifar10Config(FileSetConfig):
    """Small photographs."""

    classes: ClassVar[str | None] = "what a photograph shows"

    _target_: str = "synthmix.data.sources.cifar10.load_cifar10"
    name: str = "cifar10"
    n_train: Count | None = 1000
    n_val: Count | None = 1000

    def extent(self) -> Extent:
        """Images of 3×32×32: 50,000 and an official test set of 10,000, or the subset of 4,000 and 1,000."""
        if reads_subset(self.root):
            return Extent(SPEC, n_points=4_000, n_official_test=1_000)
        return Extent(SPEC, n_points=50_000, n_official_test=10_000)
