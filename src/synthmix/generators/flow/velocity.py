"""Nets for the velocity of a flow, v(x, t): a residual perceptron for tables and a small U-Net for images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from synthmix.generators.flow.config import VelocityNetworksConfig
from synthmix.generators.networks import UNITS
from synthmix.spec import DataSpec

GROUPS = 8  # of GroupNorm, at most
FREQUENCIES = 32  # of a time embedding
HIGHEST = 100.0  # radians that the fastest of them turns in the time from 0 to 1
IMAGE_SCALE, TABLE_SCALE = 0.5, 1.0  # standard deviation of a value: of pixels in [−1, 1], and of standardised columns


@dataclass(frozen=True)
class VelocityNetworks:
    """A U-Net for square images of 28 pixels or a multiple of 8 up to 64, a residual perceptron for everything else.

    Args:
        config: width and number of blocks.
    """

    config: VelocityNetworksConfig

    def build(self, spec: DataSpec) -> nn.Module:
        """The velocity (N, *shape), (N,) → (N, *shape) of points of this spec."""
        if spec.kind == "image":
            net = VelocityUNet(spec.shape, self.config.width, self.config.blocks)
            # Channels last: a fifth less time on a CPU.
            return Preconditioned(net.to(memory_format=torch.channels_last), IMAGE_SCALE)  # type: ignore[call-overload]
        return Preconditioned(VelocityMlp(spec.size, UNITS * self.config.width, 3 * self.config.blocks), TABLE_SCALE)


class Preconditioned(nn.Module):
    """The best linear guess of the velocity, plus what F adds to it: v(x, t) = c x + s/√V · F(x / √V, t).

    Of data with mean 0 and variance s², x_t = (1 − t) x₀ + t x₁ has the variance V = (1 − t)² + t² s², and x₁ − x₀ the
    regression c x_t on it, c = (t s² − (1 − t)) / V, which leaves a variance of s² / V. So F is given values of
    variance 1 and learns such values at all times, and need not pass the noise in x_t on to its output (after Karras
    et al. 2022, appendix B.6, who do so for another path).

    Args:
        net: F, (N, ...), (N,) → (N, ...).
        data_scale: s, above 0.
    """

    def __init__(self, net: nn.Module, data_scale: float) -> None:
        super().__init__()
        self.net, self.data_scale = net, data_scale

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Points (N, ...) at times (N,) → velocities (N, ...)."""
        s, at = self.data_scale, t.view(-1, *[1] * (x.dim() - 1))
        variance = (1 - at).square() + (s * at).square()
        residual: Tensor = self.net(x * variance.rsqrt(), t)
        return (at * s**2 - (1 - at)) / variance * x + s * variance.rsqrt() * residual


class TimeEmbedding(nn.Module):
    """Cosines and sines of t at frequencies from 1 to 100, then two dense layers (after Ho et al. 2020).

    Args:
        dim: size of the embedding.
    """

    frequencies: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.logspace(0, math.log10(HIGHEST), FREQUENCIES), persistent=False)
        self.dense = nn.Sequential(nn.Linear(2 * FREQUENCIES, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())

    def forward(self, t: Tensor) -> Tensor:
        """Times (N,) → (N, dim)."""
        angles = t[:, None] * self.frequencies
        embedded: Tensor = self.dense(torch.cat([angles.cos(), angles.sin()], dim=1))
        return embedded


class VelocityMlp(nn.Module):
    """A residual perceptron over flattened points.

    Args:
        size: D, values of a point.
        width: units of a layer.
        blocks: residual blocks of two layers each.
    """

    def __init__(self, size: int, width: int, blocks: int) -> None:
        super().__init__()
        self.embedding = TimeEmbedding(width)
        self.first = nn.Linear(size, width)
        self.blocks = nn.ModuleList(_DenseBlock(width) for _ in range(blocks))
        self.last = nn.Sequential(nn.SiLU(), _zeroed(nn.Linear(width, size)))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """(N, D), (N,) → (N, D)."""
        time, h = self.embedding(t), self.first(x)
        for block in self.blocks:
            h = block(h, time)
        out: Tensor = self.last(h)
        return out


class VelocityUNet(nn.Module):
    """A U-Net at a half and a quarter of an image's size (after Ronneberger et al. 2015; Ho et al. 2020).

    The image comes in and goes out with each 2×2 pixels as channels of one (Shi et al. 2016), because convolutions at
    full size would take four times as long. In the middle of its middle stands a dense block over the whole image, as a
    transformer's attention would: 3×3 convolutions alone draw good strokes that do not make a digit.

    Args:
        shape: (C, s, s), s a multiple of 4.
        width: channels at half size; twice as many at a quarter, and eight times as many units in the dense block.
        blocks: residual blocks on the way down, before and after the dense one, and on the way up.
    """

    def __init__(self, shape: tuple[int, ...], width: int, blocks: int) -> None:
        super().__init__()
        (channels, size, _), time_dim = shape, 4 * width
        self.embedding = TimeEmbedding(time_dim)
        self.first = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, width, 3, padding=1))
        self.down = nn.ModuleList(_ConvBlock(width, width, time_dim) for _ in range(blocks))
        self.shrink = nn.Conv2d(width, 2 * width, 2, stride=2)
        convolutions = [_ConvBlock(2 * width, 2 * width, time_dim) for _ in range(2 * blocks)]
        whole = _WholeBlock((2 * width, size // 4, size // 4), UNITS * width, time_dim)
        self.middle = nn.ModuleList([*convolutions[:blocks], whole, *convolutions[blocks:]])
        self.grow = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.up = nn.ModuleList(_ConvBlock(width * (2 if i == 0 else 1), width, time_dim) for i in range(blocks))
        self.last = nn.Sequential(
            _normalised(width), _zeroed(nn.Conv2d(width, 4 * channels, 3, padding=1)), nn.PixelShuffle(2)
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """(N, C, s, s), (N,) → (N, C, s, s)."""
        time, h = self.embedding(t), self.first(x)
        for block in self.down:
            h = block(h, time)
        skipped, h = h, self.shrink(h)
        for block in self.middle:
            h = block(h, time)
        h = torch.cat([self.grow(h), skipped], dim=1)
        for block in self.up:
            h = block(h, time)
        out: Tensor = self.last(h)
        return out


class _DenseBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.time = nn.Linear(width, width)
        self.last = nn.Sequential(nn.SiLU(), _zeroed(nn.Linear(width, width)))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        changed: Tensor = x + self.last(self.first(x) + self.time(time))
        return changed


class _ConvBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, time_dim: int) -> None:
        super().__init__()
        self.first = nn.Sequential(_normalised(inputs), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.time = nn.Linear(time_dim, outputs)
        self.last = nn.Sequential(_normalised(outputs), _zeroed(nn.Conv2d(outputs, outputs, 3, padding=1)))
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        changed: Tensor = self.shortcut(x) + self.last(self.first(x) + self.time(time)[:, :, None, None])
        return changed


class _WholeBlock(nn.Module):
    def __init__(self, shape: tuple[int, int, int], units: int, time_dim: int) -> None:
        super().__init__()
        size = math.prod(shape)
        self.first = nn.Sequential(_normalised(shape[0]), nn.Flatten(), nn.Linear(size, units))
        self.time = nn.Linear(time_dim, units)
        self.last = nn.Sequential(nn.SiLU(), _zeroed(nn.Linear(units, size)), nn.Unflatten(1, shape))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        changed: Tensor = x + self.last(self.first(x) + self.time(time))
        return changed


def _normalised(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.GroupNorm(math.gcd(GROUPS, channels), channels), nn.SiLU())


def _zeroed(layer: nn.Linear | nn.Conv2d) -> nn.Linear | nn.Conv2d:
    """So that a block begins as the identity, and a net as the linear guess."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
