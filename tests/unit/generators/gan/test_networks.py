"""Shapes and sizes of the nets, worked out by hand from the articles' lists of layers."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from synthmix.generators.config import IMAGE_SIZES
from synthmix.generators.gan.config import ConvNetworksConfig, MlpNetworksConfig, ResidualNetworksConfig
from synthmix.generators.gan.networks import (
    ConvDiscriminator,
    ConvGenerator,
    ConvNetworks,
    MlpNetworks,
    OutputActivation,
    Residual,
    ResidualNetworks,
)
from synthmix.spec import DataSpec


def image_spec(channels: int, size: int) -> DataSpec:
    return DataSpec("images", "image", (channels, size, size), (0.0, 1.0), None)


def n_parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def layer_sizes(net: nn.Module) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in net.modules() if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_conv_nets_make_and_judge_images_of_every_size(size: int, channels: int) -> None:
    generator, discriminator = ConvNetworks(ConvNetworksConfig(width=4)).build(10, image_spec(channels, size))
    images = generator(torch.randn(5, 10))
    assert images.shape == (5, channels, size, size)
    assert discriminator(images).shape == (5, 1)


def test_conv_generator_has_the_parameters_of_the_tutorials_net() -> None:
    dense = 100 * 7 * 7 * 256  # no bias
    batch_norms = 2 * (7 * 7 * 256 + 128 + 64)  # a scale and a shift of each feature
    transposed = 5 * 5 * (256 * 128 + 128 * 64 + 64 * 1)  # no biases
    assert dense + batch_norms + transposed == 2_305_472  # trainable parameters as Keras counts them
    assert n_parameters(ConvGenerator(100, (1, 28, 28), 64)) == dense + batch_norms + transposed


def test_conv_discriminator_has_the_parameters_of_the_tutorials_net() -> None:
    convolutions = (5 * 5 * 1 + 1) * 64 + (5 * 5 * 64 + 1) * 128
    dense = 7 * 7 * 128 + 1
    assert convolutions + dense == 212_865
    assert n_parameters(ConvDiscriminator((1, 28, 28), 64, 0.3)) == convolutions + dense


def test_conv_generator_passes_through_the_sizes_of_the_articles_listing() -> None:
    net = ConvGenerator(100, (1, 28, 28), 64).eval()
    shapes = []
    for layer in net.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            layer.register_forward_hook(lambda _, inputs, output: shapes.append((inputs[0].shape, output.shape)))
    net(torch.zeros(1, 100))
    assert shapes == [
        ((1, 256, 7, 7), (1, 128, 7, 7)),
        ((1, 128, 7, 7), (1, 64, 14, 14)),
        ((1, 64, 14, 14), (1, 1, 28, 28)),
    ]


def test_conv_discriminator_drops_out_in_training_only() -> None:
    net, images = ConvDiscriminator((1, 8, 8), 8, 0.3), torch.rand(4, 1, 8, 8)
    assert not torch.equal(net(images), net(images))
    net.eval()
    assert torch.equal(net(images), net(images))


@pytest.mark.parametrize("hidden", [[128, 256], [128, 128], [128]], ids=["article 000", "001 and 002", "003"])
def test_perceptrons_are_those_of_the_articles(hidden: list[int]) -> None:
    generator, discriminator = MlpNetworks(MlpNetworksConfig(hidden=hidden)).build(100, image_spec(1, 28))
    sizes = [100, *hidden, 784]
    assert layer_sizes(generator) == list(pairwise(sizes))
    backwards = [784, *hidden[::-1], 1]
    assert layer_sizes(discriminator) == list(pairwise(backwards))
    images = generator(torch.randn(5, 100))
    assert images.shape == (5, 1, 28, 28)
    assert discriminator(images).shape == (5, 1)


def test_leaky_relu_lies_between_the_layers_and_not_after_the_last() -> None:
    generator, _ = MlpNetworks(MlpNetworksConfig(hidden=[3])).build(2, DataSpec("t", "table", (2,), None, None))
    z = torch.randn(50, 2)
    first, last = (layer for layer in generator.modules() if isinstance(layer, nn.Linear))
    inner = first(z)
    expected = last(torch.where(inner > 0, inner, 0.2 * inner))
    torch.testing.assert_close(generator(z), expected)


@pytest.mark.parametrize(
    ("name", "expected"), [("none", lambda x: x), ("tanh", torch.tanh), ("sigmoid", lambda x: 1 / (1 + (-x).exp()))]
)
def test_output_activations(name: str, expected: object) -> None:
    assert callable(expected)
    x = torch.linspace(-3, 3, 7)
    torch.testing.assert_close(OutputActivation(name)(x), expected(x))


@pytest.mark.parametrize(
    "networks",
    [
        MlpNetworks(MlpNetworksConfig(hidden=[16, 8], spectral_norm=True)),
        ConvNetworks(ConvNetworksConfig(width=4, spectral_norm=True)),
    ],
)
def test_spectral_norm_holds_each_layer_of_the_discriminator_to_one(networks: MlpNetworks | ConvNetworks) -> None:
    torch.manual_seed(0)
    generator, discriminator = networks.build(5, image_spec(1, 8))
    images = torch.rand(4, 1, 8, 8)
    for _ in range(200):  # power iteration, one for each forward
        discriminator(images)
    layers = [layer for layer in discriminator.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert len(layers) == 3
    for layer in layers:
        assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(1, abs=1e-3)
    assert not any("parametrizations" in name for name, _ in generator.named_parameters())


@pytest.mark.parametrize("size", IMAGE_SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_residual_nets_of_images(channels: int, size: int) -> None:
    generator, discriminator = ResidualNetworks(ResidualNetworksConfig(width=4, blocks=2)).build(
        5, image_spec(channels, size)
    )
    images = generator(torch.randn(3, 5))
    assert images.shape == (3, channels, size, size)
    assert discriminator(images).shape == (3, 1)
    assert sum(isinstance(part, Residual) for part in generator) == 4


def test_residual_nets_of_tables_and_of_blocks_that_begin_as_nothing() -> None:
    generator, discriminator = ResidualNetworks(ResidualNetworksConfig(width=2, blocks=3)).build(
        5, DataSpec("t", "table", (7,), None, None)
    )
    points = generator(torch.randn(3, 5))
    assert points.shape == (3, 7)
    assert discriminator(points).shape == (3, 1)
    residuals = [part for part in discriminator if isinstance(part, Residual)]
    assert len(residuals) == 3
    x = torch.randn(4, 16)
    assert all(torch.equal(residual(x), x) for residual in residuals)
