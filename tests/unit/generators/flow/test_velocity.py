"""Nets for velocities: shapes, the linear guess that they begin as, and that they look at the time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from synthmix.generators.config import IMAGE_SIZES
from synthmix.generators.flow.config import VelocityNetworksConfig
from synthmix.generators.flow.velocity import (
    FREQUENCIES,
    Preconditioned,
    TimeEmbedding,
    VelocityMlp,
    VelocityNetworks,
    VelocityUNet,
)
from synthmix.spec import DataSpec

TIMES = torch.tensor([0.0, 0.3, 1.0])


def images(channels: int, size: int) -> DataSpec:
    return DataSpec("images", "image", (channels, size, size), (0.0, 1.0), None)


def awake(net: nn.Module) -> nn.Module:
    """The net with no layer at zero, as if it had learnt something."""
    torch.manual_seed(0)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    return net


NETS = {
    "perceptron": (lambda: VelocityMlp(6, 16, 2), (6,)),
    "U-Net": (lambda: VelocityUNet((1, 8, 8), 8, 2), (1, 8, 8)),
}
EACH_NET = pytest.mark.parametrize("name", NETS)


@pytest.mark.parametrize("width", [3, 8])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_velocities_of_images_of_every_size(size: int, channels: int, width: int) -> None:
    net = VelocityNetworks(VelocityNetworksConfig(width=width, blocks=1)).build(images(channels, size))
    assert net(torch.randn(3, channels, size, size), TIMES).shape == (3, channels, size, size)


def test_velocities_of_tables() -> None:
    net = VelocityNetworks(VelocityNetworksConfig(width=2, blocks=2)).build(DataSpec("t", "table", (7,), None, None))
    assert net(torch.randn(3, 7), TIMES).shape == (3, 7)
    widths = {layer.out_features for layer in net.modules() if isinstance(layer, nn.Linear)}
    assert widths == {16, 7}


@pytest.mark.parametrize(("kind", "scale"), [("image", 0.5), ("table", 1.0)])
def test_a_net_begins_as_the_regression_of_the_velocity_on_the_point(kind: str, scale: float) -> None:
    torch.manual_seed(0)
    spec = images(1, 8) if kind == "image" else DataSpec("t", "table", (64,), None, None)
    net = VelocityNetworks(VelocityNetworksConfig(width=2, blocks=1)).build(spec)
    noise, points = torch.randn(5000, *spec.shape), scale * torch.randn(5000, *spec.shape)
    for t in (0.0, 0.2, 0.5, 0.8, 1.0):
        x, target = (1 - t) * noise + t * points, points - noise
        slope = (x * target).sum() / (x * x).sum()  # least squares
        found = net(x, torch.full((5000,), t))
        torch.testing.assert_close(found, slope * x, rtol=0, atol=0.03)


def test_what_is_left_to_learn_has_the_scale_of_one_at_all_times() -> None:
    torch.manual_seed(0)
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, x: Tensor, t: Tensor) -> Tensor:
            seen.append(x)
            return torch.ones_like(x)

    noise, points = torch.randn(20000, 5), 0.3 * torch.randn(20000, 5)
    silent, unit = Preconditioned(Spy(), 0.3), Preconditioned(Spy(), 0.3)
    silent.net.forward = lambda x, t: torch.zeros_like(x)  # type: ignore[method-assign]
    for t in (0.0, 0.3, 0.9, 1.0):
        x, at = (1 - t) * noise + t * points, torch.full((20000,), t)
        rest = points - noise - silent(x, at)
        gain = unit(x, at) - silent(x, at)  # what an output of 1 adds
        assert float((rest / gain).std()) == pytest.approx(1, abs=0.02)
        assert float(seen[-1].std()) == pytest.approx(1, abs=0.02)


def test_times_are_embedded_by_waves_from_slow_to_fast() -> None:
    embedding = TimeEmbedding(4)
    waves: list[Tensor] = []
    embedding.dense.register_forward_pre_hook(lambda _, inputs: waves.append(inputs[0]))
    assert embedding(TIMES).shape == (3, 4)
    cosines, sines = waves[0].split(FREQUENCIES, dim=1)
    for number, frequency in ((0, 1.0), (-1, 100.0)):
        torch.testing.assert_close(cosines[:, number], (frequency * TIMES).cos(), rtol=0, atol=1e-4)
        torch.testing.assert_close(sines[:, number], (frequency * TIMES).sin(), rtol=0, atol=1e-4)


@EACH_NET
def test_every_weight_has_a_part_in_the_velocity(name: str) -> None:
    make, shape = NETS[name]
    net = awake(make())
    net(torch.randn(3, *shape), TIMES).square().sum().backward()
    assert [key for key, weight in net.named_parameters() if not weight.grad.abs().sum() > 0] == []  # type: ignore[union-attr]


@EACH_NET
def test_points_of_a_batch_have_times_of_their_own(name: str) -> None:
    make, shape = NETS[name]
    net, point = awake(make()).eval(), torch.randn(1, *shape)
    with torch.no_grad():
        together = net(point.expand(3, *shape), TIMES)
        for row, t in zip(together, TIMES, strict=True):
            torch.testing.assert_close(net(point, t[None])[0], row, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_a_pixel_reaches_every_part_of_an_image() -> None:
    net, image = awake(VelocityUNet((1, 28, 28), 8, 1)), torch.randn(1, 1, 28, 28, requires_grad=True)
    net(image, TIMES[:1])[0, 0, 14, 14].backward()
    assert image.grad is not None
    reached = image.grad[0, 0].abs() > 0
    assert reached.all()
