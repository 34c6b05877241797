"""The nets of the adversarial generators: perceptrons, the convolutional pair of DCGAN, and residual nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as normalised

from synthmix.generators.gan.config import ConvNetworksConfig, MlpNetworksConfig, ResidualNetworksConfig
from synthmix.generators.networks import UNITS, mlp
from synthmix.spec import DataSpec

SLOPE = 0.2  # of LeakyReLU, as in the DCGAN paper


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

    Article 000: hidden [128, 256]; 001 and 002: [128, 128]; 003: [128]. With `spectral_norm` each weight of D is
    divided by its largest singular value (Miyato et al. 2018).
    """

    config: MlpNetworksConfig

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """G and D over flattened points."""
        generator = nn.Sequential(leaky_mlp([latent_dim, *self.config.hidden, spec.size]), nn.Unflatten(1, spec.shape))
        judge = nn.Sequential(nn.Flatten(), leaky_mlp([spec.size, *reversed(self.config.hidden), 1]))
        return generator, with_spectral_norm(judge) if self.config.spectral_norm else judge


@dataclass(frozen=True)
class ConvNetworks:
    """The articles' convolutional nets (article 004; Radford et al. 2016); `width` 64 is theirs.

    For square images of 28 pixels or a multiple of 8 up to 64 with any number of channels. D has dropout (.3 in the
    articles) and, if asked for, spectral normalisation (Miyato et al. 2018).
    """

    config: ConvNetworksConfig

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """G and D for the size and channels of the images."""
        generator = ConvGenerator(latent_dim, spec.shape, self.config.width)
        judge = ConvDiscriminator(spec.shape, self.config.width, self.config.dropout)
        return generator, with_spectral_norm(judge) if self.config.spectral_norm else judge


@dataclass(frozen=True)
class ResidualNetworks:
    """Residual nets without normalisation, after R3GAN (Huang et al. 2024).

    Images of 28 pixels or a multiple of 8 up to 64 get convolutions at a half and a quarter of their size, everything
    else perceptrons of eight times as many units as `width`. The last layer of each block begins at zero, so that a
    block begins as the identity (Zhang et al. 2019, Fixup).
    """

    config: ResidualNetworksConfig

    def build(self, latent_dim: int, spec: DataSpec) -> tuple[nn.Module, nn.Module]:
        """G and D for the data."""
        if spec.kind == "image":
            return _residual_images(latent_dim, spec.shape, self.config.width, self.config.blocks)
        return _residual_points(latent_dim, spec, UNITS * self.config.width, self.config.blocks)


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
    """Convolutions w and 2w (5×5, stride 2), LeakyReLU and dropout, then one logit."""

    def __init__(self, shape: tuple[int, ...], width: int, dropout: float) -> None:
        channels, size, _ = shape
        super().__init__(
            nn.Conv2d(channels, width, 5, stride=2, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(dropout),
            nn.Conv2d(width, 2 * width, 5, stride=2, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(2 * width * (size // 4) ** 2, 1),
        )


def _transposed(inputs: int, outputs: int, stride: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=False)


def with_spectral_norm(net: nn.Module) -> nn.Module:
    """Divides the weight of each layer by its largest singular value, found by power iteration."""
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            normalised(layer)
    return net


class Residual(nn.Module):
    """x + f(x), where f is two layers, each behind a LeakyReLU; the second one begins at zero."""

    def __init__(self, first: nn.Linear | nn.Conv2d, last: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        nn.init.zeros_(last.weight)
        self.change = nn.Sequential(nn.LeakyReLU(SLOPE), first, nn.LeakyReLU(SLOPE), last)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        changed: Tensor = x + self.change(x)
        return changed


def _residual_points(latent_dim: int, spec: DataSpec, width: int, blocks: int) -> tuple[nn.Module, nn.Module]:
    def stack(inputs: int, outputs: int) -> list[nn.Module]:
        residuals = (Residual(nn.Linear(width, width), nn.Linear(width, width, bias=False)) for _ in range(blocks))
        return [nn.Linear(inputs, width), *residuals, nn.LeakyReLU(SLOPE), nn.Linear(width, outputs)]

    generator = nn.Sequential(*stack(latent_dim, spec.size), nn.Unflatten(1, spec.shape))
    return generator, nn.Sequential(nn.Flatten(), *stack(spec.size, 1))


def _residual_images(latent_dim: int, shape: tuple[int, ...], width: int, blocks: int) -> tuple[nn.Module, nn.Module]:
    channels, size, _ = shape
    small = (2 * width, size // 4, size // 4)

    def stack(features: int) -> list[nn.Module]:
        return [
            Residual(
                nn.Conv2d(features, features, 3, padding=1), nn.Conv2d(features, features, 3, padding=1, bias=False)
            )
            for _ in range(blocks)
        ]

    generator = nn.Sequential(
        nn.Linear(latent_dim, small[0] * small[1] * small[2]),
        nn.Unflatten(1, small),
        *stack(2 * width),
        nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
        *stack(width),
        nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
    )
    judge = nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1),
        *stack(width),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        *stack(2 * width),
        nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(small[0] * small[1] * small[2], 1),
    )
    return generator, judge
