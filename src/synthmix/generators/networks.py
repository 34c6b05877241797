"""The nets: a multilayer perceptron, and the convolutional pair of DCGAN for images of 8 to 32 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from synthmix.data.spec import DataSpec

SLOPE = 0.2  # of LeakyReLU, as in the DCGAN paper
DROPOUT = 0.3  # of the convolutional discriminator, as in the articles' listing


def mlp(sizes: Sequence[int], activation: type[nn.Module], **options: float) -> nn.Sequential:
    """Linear layers of the given sizes with `activation` between them and none after the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation(**options)]
    return nn.Sequential(*layers[:-1])


def leaky_mlp(sizes: Sequence[int]) -> nn.Sequential:
    """`mlp` with LeakyReLU of slope .2."""
    return mlp(sizes, nn.LeakyReLU, negative_slope=SLOPE)


class OutputActivation(nn.Module):
    """none, tanh or sigmoid."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.activation: nn.Module = {"none": nn.Identity, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[name]()

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        out: Tensor = self.activation(x)
        return out


@dataclass(frozen=True)
class MlpNetworks:
    """The articles' perceptrons: z → hidden → d against d → reversed hidden → 1, LeakyReLU of slope .2.

    Article 000: hidden [128, 256]; 001 and 002: [128, 128]; 003: [128].
    """

    hidden: list[int]

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """G and D over flattened points."""
        generator = nn.Sequential(leaky_mlp([latent_dim, *self.hidden, spec.size]), nn.Unflatten(1, spec.shape))
        return generator, nn.Sequential(nn.Flatten(), leaky_mlp([spec.size, *reversed(self.hidden), 1]))


@dataclass(frozen=True)
class ConvNetworks:
    """The articles' convolutional nets (article 004; Radford et al. 2016); `width` 64 is theirs.

    For square images of 8, 16, 28 or 32 pixels with any number of channels.
    """

    width: int

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """G and D for the size and channels of the images."""
        return ConvGenerator(latent_dim, spec.shape, self.width), ConvDiscriminator(spec.shape, self.width)


class ConvGenerator(nn.Module):
    """z → dense s/4·s/4·4w → transposed convolutions 2w (stride 1), w (2), C (2), 5×5.

    With w = 64 and s = 28 the net of the articles and of TensorFlow's DCGAN tutorial. Batch norm here only.

    Args:
        latent_dim: size of z.
        shape: (C, s, s), s one of 8, 16, 28, 32.
        width: w.
    """

    def __init__(self, latent_dim: int, shape: tuple[int, ...], width: int) -> None:
        super().__init__()
        channels, size, _ = shape
        self.start = (4 * width, size // 4, size // 4)
        self.dense = nn.Sequential(
            nn.Linear(latent_dim, 4 * width * (size // 4) ** 2, bias=False),
            nn.BatchNorm1d(4 * width * (size // 4) ** 2),
            nn.LeakyReLU(SLOPE),
        )
        self.upsample = nn.Sequential(
            _transposed(4 * width, 2 * width, stride=1),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(SLOPE),
            _transposed(2 * width, width, stride=2),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(SLOPE),
            _transposed(width, channels, stride=2),
        )

    def forward(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → (N, C, s, s), before the output activation."""
        images: Tensor = self.upsample(self.dense(z).unflatten(1, self.start))
        return images


class ConvDiscriminator(nn.Sequential):
    """Convolutions w and 2w (5×5, stride 2), LeakyReLU and dropout .3, then one logit."""

    def __init__(self, shape: tuple[int, ...], width: int) -> None:
        channels, size, _ = shape
        super().__init__(
            nn.Conv2d(channels, width, 5, stride=2, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(DROPOUT),
            nn.Conv2d(width, 2 * width, 5, stride=2, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(DROPOUT),
            nn.Flatten(),
            nn.Linear(2 * width * (size // 4) ** 2, 1),
        )


def _transposed(inputs: int, outputs: int, stride: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=False)
