"""Random views of images, for learning what stays the same in all of them.

Of Chen et al. 2020 (SimCLR, appendix A) what suits small images without colour: a crop and its resize, here by one
affine map that scales and shifts, with cutout and Gaussian noise beside it. All of it grows with `strength`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

MOST_SCALE = 0.4  # an image is scaled by 1 - .4 to 1 + .4 at strength 1; what then lies outside is cropped
MOST_SHIFT = 0.25  # of the size, at strength 1
MOST_CUTOUT = 0.5  # of the size, a side of the square that is cut out at strength 1
MOST_NOISE = 0.2  # standard deviation of the noise, in units of [0, 1], at strength 1


def view(images: Tensor, names: Sequence[str], strength: float) -> Tensor:
    """One random view of each image, by torch's global generator.

    Args:
        images: (N, C, H, W), in [0, 1], where 0 is what comes in from outside.
        names: of `scale`, `shift`, `cutout` and `noise`, those that are applied, in this order.
        strength: from 0 to 1.
    """
    if "scale" in names or "shift" in names:
        scale = MOST_SCALE * strength if "scale" in names else 0.0
        shift = MOST_SHIFT * strength if "shift" in names else 0.0
        images = moved(images, scale, shift)
    if "cutout" in names:
        images = cut_out(images, MOST_CUTOUT * strength)
    return images + MOST_NOISE * strength * torch.randn_like(images) if "noise" in names else images


def moved(images: Tensor, scale: float, shift: float) -> Tensor:
    """Each image scaled by a factor from 1 - `scale` to 1 + `scale` and shifted by up to `shift` of its size."""
    n, device = len(images), images.device
    factor = 1 + scale * (2 * torch.rand(n, device=device) - 1)
    maps = torch.zeros(n, 2, 3, device=device)
    maps[:, 0, 0] = maps[:, 1, 1] = 1 / factor
    maps[:, :, 2] = 2 * shift * (2 * torch.rand(n, 2, device=device) - 1)  # the size is 2 in units of the map
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid.to(images.dtype), align_corners=False)


def cut_out(images: Tensor, side: float) -> Tensor:
    """Each image without a square of `side` of its size, to the nearest pixel, at a random place within."""
    n, _, height, width = images.shape
    inside = torch.ones(n, 1, height, width, dtype=torch.bool, device=images.device)
    for size, axis in ((height, (n, 1, height, 1)), (width, (n, 1, 1, width))):
        length = round(side * size)
        start = torch.randint(0, size - length + 1, (n, 1), device=images.device)
        place = torch.arange(size, device=images.device)
        inside = inside & ((place >= start) & (place < start + length)).view(axis)
    return images * ~inside
