"""Encoders and decoders: shapes, sizes and layers."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from synthmix.generators.autoencoder.coders import ConvCoders, MlpCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.config import IMAGE_SIZES
from synthmix.spec import DataSpec


def image_spec(channels: int, size: int) -> DataSpec:
    return DataSpec("images", "image", (channels, size, size), (0.0, 1.0), None)


@pytest.mark.parametrize(
    "networks", [ConvCoders(ConvCodersConfig(width=4)), MlpCoders(MlpCodersConfig(hidden=[9, 7]))], ids=["conv", "mlp"]
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_images_of_every_size_are_coded_and_decoded(size: int, channels: int, networks: ConvCoders | MlpCoders) -> None:
    encoder, decoder = networks.build(5, 10, image_spec(channels, size))
    images = torch.rand(3, channels, size, size)
    assert encoder(images).shape == (3, 10)
    assert decoder(torch.randn(3, 5)).shape == images.shape


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 32)])
def test_convolutions_halve_the_size_twice_and_the_decoder_is_their_mirror(channels: int, size: int) -> None:
    encoder, decoder = ConvCoders(ConvCodersConfig(width=6)).build(5, 10, image_spec(channels, size))
    half, quarter = (6, size // 2, size // 2), (12, size // 4, size // 4)
    shapes: list[tuple[int, ...]] = []
    for net in (encoder, decoder):
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.register_forward_hook(lambda _, inputs, output: shapes.append(tuple(output.shape[1:])))
    decoder(encoder(torch.rand(2, channels, size, size))[:, :5])
    assert shapes == [half, quarter, half, (channels, size, size)]


@pytest.mark.parametrize(
    "networks", [ConvCoders(ConvCodersConfig(width=3)), MlpCoders(MlpCodersConfig(hidden=[9]))], ids=["conv", "mlp"]
)
def test_no_activation_bounds_codes_or_outputs(networks: ConvCoders | MlpCoders) -> None:
    torch.manual_seed(0)
    encoder, decoder = networks.build(5, 10, image_spec(1, 8))
    for out in (encoder(torch.randn(50, 1, 8, 8)), decoder(torch.randn(50, 5))):
        assert out.min() < 0 < out.max()
    assert isinstance(list(encoder)[-1], nn.Linear)


def test_every_pixel_reaches_the_code_and_every_latent_every_pixel() -> None:
    torch.manual_seed(0)
    encoder, decoder = ConvCoders(ConvCodersConfig(width=8)).build(5, 10, image_spec(1, 28))
    image, z = torch.rand(1, 1, 28, 28, requires_grad=True), torch.randn(1, 5, requires_grad=True)
    encoder(image).sum().backward()
    assert image.grad is not None
    assert (image.grad != 0).all()
    moved = decoder(z + torch.eye(5)) - decoder(z)
    assert (moved != 0).all()


@pytest.mark.parametrize("hidden", [[128], [500, 500, 2000]], ids=["articles", "clustering papers"])
def test_perceptrons_are_mirrored(hidden: list[int]) -> None:
    encoder, decoder = MlpCoders(MlpCodersConfig(hidden=hidden)).build(10, 10, image_spec(1, 28))
    sizes = [784, *hidden, 10]
    for net, expected in ((encoder, sizes), (decoder, sizes[::-1])):
        layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
        assert [(layer.in_features, layer.out_features) for layer in layers] == list(pairwise(expected))
        assert sum(isinstance(layer, nn.ReLU) for layer in net.modules()) == len(layers) - 1
