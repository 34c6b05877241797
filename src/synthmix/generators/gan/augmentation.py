"""Differentiable augmentation of what a discriminator sees, against overfitting where there are few points.

Zhao et al. 2020 (DiffAugment): each transformation goes over real and fake images alike, and the generator learns
through it. Augmenting real images alone would teach the generator the augmentation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

MAX_SHIFT = 1 / 8  # of the size, the farthest that an image is moved
CUTOUT_SIDE = 1 / 2  # of the size, a side of the square that is cut out


def translation(images: Tensor) -> Tensor:
    """Moves each image (N, C, H, W) by a random whole number of pixels, zeros coming in."""
    n, _, height, width = images.shape
    far = max(1, round(height * MAX_SHIFT)), max(1, round(width * MAX_SHIFT))
    padded = F.pad(images, (far[1], far[1], far[0], far[0]))
    rows, columns = (
        torch.randint(0, 2 * most + 1, (n, 1), device=images.device) + torch.arange(size, device=images.device)
        for most, size in zip(far, (height, width), strict=True)
    )
    each = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def cutout(images: Tensor) -> Tensor:
    """Sets a square of half the size, at a random place that may reach over the edge, to zero."""
    n, _, height, width = images.shape
    inside = torch.ones(n, 1, 1, 1, dtype=torch.bool, device=images.device)
    for dim, size in ((2, height), (3, width)):
        side = max(1, round(size * CUTOUT_SIDE))
        start = torch.randint(1 - side // 2 - side % 2, size - side // 2 + 1, (n, 1), device=images.device)
        place = torch.arange(size, device=images.device)
        within = (place >= start) & (place < start + side)
        inside = inside & within.view(n, 1, *((size, 1) if dim == 2 else (1, size)))
    return images * ~inside


Transformation = Literal["translation", "cutout"]
TRANSFORMATIONS: dict[Transformation, Callable[[Tensor], Tensor]] = {"translation": translation, "cutout": cutout}


def augmented(images: Tensor, names: Sequence[Transformation]) -> Tensor:
    """The images after each of the transformations; zero is the middle of the range of nets with tanh."""
    for name in names:
        images = TRANSFORMATIONS[name](images)
    return images
