"""Flow matching: its loss, one step worked out by hand, and flows that are known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.generators.flow.config import FlowMatchingConfig, VelocityNetworksConfig
from synthmix.generators.flow.model import FlowMatching, flow_matching_loss
from synthmix.generators.flow.velocity import VelocityNetworks
from synthmix.quality.features.extractors import PixelFeatures
from synthmix.quality.scores import frechet_distance
from synthmix.spec import DataSpec

Weights = dict[str, Tensor]


class Linear(nn.Module):
    """v(x, t) = a x + b t, with a and b to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor(0.7)), nn.Parameter(torch.tensor(-0.4))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.a * x + self.b * t.view(-1, *[1] * (x.dim() - 1))


class LinearNetworks:
    def build(self, spec: DataSpec) -> nn.Module:
        return Linear()


def linear(spec: DataSpec, **options: object) -> FlowMatching:
    model = FlowMatching(FlowMatchingConfig(**options), LinearNetworks())
    model.prepare(spec, seed=0)
    return model


def seeded(work: Callable[[], object]) -> object:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return work()


def test_the_loss_is_that_of_the_formula() -> None:
    # Two points of two values, worked out by hand for v(x, t) = x + t.
    noise, points = torch.tensor([[1.0, 0.0], [2.0, -2.0]]), torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    times = torch.tensor([0.5, 0.25])
    # x_t: (2, 2) and (1.5, −1); v: (2.5, 2.5) and (1.75, −.75); x₁ − x₀: (2, 4) and (−2, 4).
    expected = (0.5**2 + 1.5**2 + 3.75**2 + 4.75**2) / 4
    loss = flow_matching_loss(lambda x, t: x + t[:, None], noise, points, times)
    assert float(loss) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_the_least_loss_on_gaussian_points_is_that_of_the_integral(scale: float) -> None:
    # What the best velocity leaves has variance s² / ((1 − t)² + t² s²), whose integral over t is s π/2.
    torch.manual_seed(0)
    spec = DataSpec("gaussian", "image" if scale == 0.5 else "table", (1, 8, 8) if scale == 0.5 else (64,), None, None)
    net = VelocityNetworks(VelocityNetworksConfig(width=2, blocks=1)).build(spec)
    points, times = scale * torch.randn(4000, *spec.shape), torch.arange(0.5, 4000) / 4000
    loss = flow_matching_loss(net, torch.randn_like(points), points, times)
    assert loss.item() == pytest.approx(scale * math.pi / 2, rel=0.01)


def steps_by_hand(model: FlowMatching, batches: list[Tensor], clip: float) -> tuple[Weights, list[float]]:
    """Conditional flow matching on images in [0, 1] mapped to [−1, 1], with torch's Adam; gradients by autograd."""
    weights = {name: nn.Parameter(value.detach().clone()) for name, value in model.network.named_parameters()}
    adam, norms = torch.optim.Adam(weights.values(), lr=model.config.learning_rate), []
    for batch in batches:
        x1 = 2 * batch - 1
        t = (torch.arange(len(x1)) + torch.rand(len(x1))) / len(x1)
        x0, at = torch.randn_like(x1), t[:, None, None, None]
        found = functional_call(model.network, weights, ((1 - at) * x0 + at * x1, t))
        loss = ((found - (x1 - x0)) ** 2).mean()
        gradients = torch.autograd.grad(loss, list(weights.values()))
        norms.append(float(sum((g**2).sum() for g in gradients) ** 0.5))
        for weight, gradient in zip(weights.values(), gradients, strict=True):
            weight.grad = gradient * min(1.0, clip / norms[-1])
        adam.step()
    return {name: weight.detach() for name, weight in weights.items()}, norms


@pytest.mark.parametrize("clip", [1e-7, 1e3])
def test_three_steps_are_those_worked_out_by_hand(clip: float, few_digits: Dataset) -> None:
    # Clipped to lengths of about Adam's ε of 1e-8, the updates are shorter.
    model = linear(few_digits.spec, max_gradient_norm=clip)
    batches = list(few_digits.x.split(20))
    weights, norms = seeded(lambda: steps_by_hand(model, batches, clip))
    logged = seeded(lambda: [model.step(batch)["gradient_norm"] for batch in batches])
    for name, weight in model.network.named_parameters():
        torch.testing.assert_close(weight.detach(), weights[name], rtol=0, atol=1e-6)  # a step is of about 1e-3
    assert [float(norm) for norm in logged] == pytest.approx(norms, rel=1e-4)


def test_a_long_gradient_is_shortened_and_a_short_one_left(few_digits: Dataset) -> None:
    def after(limit: float) -> tuple[Tensor, float]:
        model = linear(few_digits.spec, max_gradient_norm=limit)
        norm = seeded(lambda: model.step(few_digits.x))["gradient_norm"]
        return torch.stack([weight.grad for weight in model.network.parameters()]), float(norm)

    (whole, norm), (short, same) = after(1e6), after(0.01)
    assert norm == same == pytest.approx(float(whole.norm()))
    assert norm > 0.1
    torch.testing.assert_close(short, whole * 0.01 / norm, rtol=1e-3, atol=0)


def test_the_times_of_a_minibatch_are_spread_over_the_unit_of_time(few_digits: Dataset) -> None:
    model, seen = linear(few_digits.spec), []
    model.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    for _ in range(50):
        model.step(few_digits.x[:20])
    times = torch.stack(seen)
    assert torch.equal((times * 20).long(), torch.arange(20).expand(50, 20))
    parts = (times * 20) % 1
    assert float(parts.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(parts.std()) == pytest.approx(12**-0.5, abs=0.05)


@pytest.mark.parametrize(("solver", "evaluations"), [("euler", 400), ("midpoint", 40), ("heun", 40)])
def test_samples_follow_the_flow_of_the_velocity(solver: str, evaluations: int) -> None:
    # dx/dt = .7 x − .4 t from x₀ ends in e^.7 x₀ − .4 (e^.7 − 1.7) / .49.
    spec = DataSpec("t", "table", (2,), None, None)
    model = linear(spec, solver=solver, evaluations=evaluations)
    noise = torch.randn(500, 2, generator=torch.Generator().manual_seed(3))
    expected = math.exp(0.7) * noise - 0.4 * (math.exp(0.7) - 1.7) / 0.49
    torch.testing.assert_close(model.draw(500, torch.Generator().manual_seed(3)), expected, rtol=0, atol=5e-3)


def test_an_untrained_net_carries_noise_to_the_spread_of_the_data() -> None:
    model = FlowMatching(
        FlowMatchingConfig(evaluations=40), VelocityNetworks(VelocityNetworksConfig(width=2, blocks=1))
    )
    model.prepare(DataSpec("images", "image", (1, 8, 8), (-1.0, 1.0), None), seed=0)
    noise = torch.randn(100, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    points = model.draw(100, torch.Generator().manual_seed(3))
    torch.testing.assert_close(points, (noise / 2).clamp(-1, 1), rtol=0, atol=5e-3)


def test_four_clusters_are_learnt_each_with_its_share(four_modes: Splits) -> None:
    settings = {"networks": {"width": 8, "blocks": 1}, "steps": 800, "learning_rate": 3e-3, "ema_decay": 0.98}
    model = make_generator("flow_matching", batch_size=200, **settings).fit(four_modes.train, seed=0)
    points, pool = model.sample(1000, seed=0), four_modes.pool
    assert pool.y is not None
    extractor = PixelFeatures(pool.spec)
    floor = frechet_distance(extractor, pool.x[1000:], pool.x[:1000])
    distance = frechet_distance(extractor, pool.x[1000:], points)
    assert distance < floor + 0.01
    means = torch.stack([pool.x[pool.y == label].mean(0) for label in range(4)])
    gap, nearest = torch.cdist(points, means).min(1)
    shares = torch.bincount(nearest, minlength=4) / len(points)
    assert ((shares > 0.15) & (shares < 0.35)).all()
    # A quarter of the way to another cluster is about four standard deviations of one.
    inside = gap < torch.pdist(means).min() / 4
    assert inside.float().mean() > 0.95


def test_images_are_mapped_to_the_range_of_the_nets_and_back(few_digits: Dataset) -> None:
    spec = DataSpec("grey", "image", (1, 8, 8), (0.0, 255.0), None)
    model, grey = linear(spec), 255 * few_digits.x
    assert model.to_net(grey).aminmax() == (-1.0, 1.0)
    torch.testing.assert_close(model.from_net(model.to_net(grey)), grey)
    assert model.from_net(torch.tensor([-1.5, -1.0, 0.0, 2.0])).tolist() == [0, 0, 127.5, 255]


def test_tables_are_left_on_their_scale(four_modes: Splits) -> None:
    model, x = linear(four_modes.train.spec), 100 * four_modes.train.x
    assert torch.equal(model.to_net(x), x)
    assert torch.equal(model.from_net(x), x)


def test_losses_are_not_rounded_under_autocast(few_digits: Dataset) -> None:
    def loss() -> Tensor:
        model = FlowMatching(FlowMatchingConfig(), VelocityNetworks(VelocityNetworksConfig(width=4, blocks=1)))
        model.prepare(few_digits.spec, seed=0)
        found = seeded(lambda: model.step(few_digits.x[:20]))
        assert isinstance(found, dict)
        return found["loss"]

    with torch.autocast("cpu", torch.bfloat16):
        rounded = loss()
    assert rounded.dtype == torch.float32
    assert float(rounded) == pytest.approx(float(loss()), rel=1e-2)


def test_a_look_at_samples_leaves_the_net_in_training(few_digits: Dataset) -> None:
    model = linear(few_digits.spec, ema_decay=None, evaluations=2).train()
    modes: list[bool] = []
    model.network.register_forward_pre_hook(lambda net, _: modes.append(net.training))
    model.sample(3, seed=0)
    assert modes == [False, False]
    assert model.network.training
