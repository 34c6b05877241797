"""Transfer: what is learnt of one set of images is tested on another."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.nn import functional

from synthmix.data.base import Dataset, Splits
from synthmix.data.split import count_shared
from synthmix.spec import DataSpec


def transferred(splits: Splits, other: Dataset) -> Splits:
    """The same splits with held-out points of another set of images in place of test.

    They are its official test set, or all of its points where it has none, as nothing is learnt of it; the same for
    every seed. Train, pool, val and reserve stay those of the source.

    Args:
        splits: of the source, which has images.
        other: a set of images with as many channels and the same classes, labelled.
    """
    held_out = other if other.test is None else other.test
    spec = splits.train.spec
    test = Dataset(resized(held_out.x, spec), held_out.y, spec)
    shared = count_shared([splits.val.x, test.x], [splits.train.x, splits.pool.x])
    return replace(splits, test=test, duplicates_across=shared)


def resized(images: Tensor, spec: DataSpec) -> Tensor:
    """Images (N, C, H, W) in the size that a spec has, and within its range: bilinear, with antialiasing."""
    size = spec.shape[1:]
    if images.shape[2:] == size:
        return images
    scaled = functional.interpolate(images, size=size, mode="bilinear", antialias=True)
    return scaled if spec.value_range is None else scaled.clamp(*spec.value_range)
