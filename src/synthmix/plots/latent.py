"""What a generator's latent space holds: interpolations, and what each axis moves. Of images alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from synthmix.plots.samples import image_sheets
from synthmix.spec import DataSpec

STEPS = 9  # pictures of a path
FAR = 2.0  # standard deviations, to either side

Decode = Callable[[Tensor], Tensor]


def interpolations(decode: Decode, starts: Tensor, ends: Tensor, spec: DataSpec, *, on_sphere: bool) -> Figure:
    """A row of pictures from each start to its end.

    Args:
        decode: latents (N, d) → points.
        starts: latents (M, d).
        ends: likewise.
        spec: of the data.
        on_sphere: whether paths keep to the shell on which Gaussian latents lie (White 2016), or are straight.
    """
    shares = torch.linspace(0, 1, STEPS)
    paths = [_path(start, end, shares, on_sphere) for start, end in zip(starts, ends, strict=True)]
    points = decode(torch.cat(paths))
    title = f"from the first to the last, {'along the sphere' if on_sphere else 'straight'}"
    return image_sheets({title: points}, spec, columns=STEPS)


def _path(start: Tensor, end: Tensor, shares: Tensor, on_sphere: bool) -> Tensor:
    """Points (S, d) on the way from one latent to another."""
    share = shares[:, None]
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=0).clamp(-1, 1)
    angle = torch.arccos(cosine)
    if not on_sphere or angle.sin() < 1e-3:
        return start + share * (end - start)
    return (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / angle.sin()


def walk(
    decode: Decode, centre: Tensor, middle: Tensor, spread: Tensor, spec: DataSpec, *, most_axes: int = 10
) -> Figure:
    """What each axis moves: a row for each of those that move the points most, the others at the centre.

    Args:
        decode: latents (N, d) → points.
        centre: a latent (d,). Of a GAN it should be one that is drawn: the origin is none that a GAN has seen.
        middle: mean of each axis (d,).
        spread: standard deviation of each axis (d,), two of which are gone to either side of the mean.
        spec: of the data.
        most_axes: rows at the most.
    """
    axes = moved(decode, centre, middle, spread)[:most_axes]
    rows = [_along(axis, torch.linspace(-FAR, FAR, STEPS), centre, middle, spread) for axis in axes]
    title = f"one axis at a time, from −{FAR:g} to +{FAR:g} standard deviations"
    return image_sheets({title: decode(torch.cat(rows))}, spec, columns=STEPS, rows=[f"axis {axis}" for axis in axes])


def moved(decode: Decode, centre: Tensor, middle: Tensor, spread: Tensor) -> Sequence[int]:
    """The axes, the one first along which the points change most (mean squared change from end to end)."""
    far = torch.tensor([-FAR, FAR])
    ends = torch.stack([_along(axis, far, centre, middle, spread) for axis in range(len(centre))])
    low, high = (decode(ends[:, side]).flatten(1) for side in (0, 1))
    order: list[int] = (high - low).square().mean(dim=1).argsort(descending=True, stable=True).tolist()
    return order


def _along(axis: int, offsets: Tensor, centre: Tensor, middle: Tensor, spread: Tensor) -> Tensor:
    """Latents (S, d) that differ in one axis alone."""
    latents = centre.repeat(len(offsets), 1)
    latents[:, axis] = middle[axis] + offsets * spread[axis]
    return latents
