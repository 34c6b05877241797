"""One step of a GAN worked out by hand, and the ranges of its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn
from torch.func import functional_call

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.errors import InvalidInput
from synthmix.generators.gan.config import ConvNetworksConfig, GanConfig, MlpNetworksConfig
from synthmix.generators.gan.model import Gan
from synthmix.generators.gan.networks import ConvNetworks, MlpNetworks
from synthmix.generators.gan.objectives import OBJECTIVES, Loss
from synthmix.generators.options import TrainerOptions
from synthmix.spec import DataSpec

LATENT = 5
Weights = dict[str, Tensor]


def gan(networks: object = None, **options: object) -> Gan:
    """Small, without a penalty or an average of weights unless they are asked for."""
    bare: dict[str, object] = {"penalty": "none", "penalty_weight": 1.0, "ema_decay": None, "latent_dim": LATENT}
    return Gan(GanConfig(**{**bare, **options}), networks or MlpNetworks(MlpNetworksConfig(hidden=[16])))


@dataclass
class Adam:
    """Kingma & Ba 2015, algorithm 1, with the settings of conf/model/gan.yaml."""

    rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    step: int = 0
    moments: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def __call__(self, weights: Weights, gradients: Weights) -> Weights:
        self.step += 1
        new = {}
        for name, g in gradients.items():
            m, v = self.moments.get(name, (torch.zeros_like(g), torch.zeros_like(g)))
            m, v = self.beta1 * m + (1 - self.beta1) * g, self.beta2 * v + (1 - self.beta2) * g**2
            self.moments[name] = m, v
            m_hat, v_hat = m / (1 - self.beta1**self.step), v / (1 - self.beta2**self.step)
            new[name] = weights[name] - self.rate * m_hat / (v_hat.sqrt() + 1e-8)
        return new


def gradients(loss: Callable[[Weights], Tensor], weights: Weights) -> Weights:
    inputs = {name: value.clone().requires_grad_() for name, value in weights.items()}
    return dict(zip(inputs, torch.autograd.grad(loss(inputs), list(inputs.values())), strict=True))


def weights_of(net: nn.Module) -> Weights:
    return {name: value.detach().clone() for name, value in net.named_parameters()}


def by_hand(model: Gan, batches: list[Tensor], *, generator_first: bool = False) -> tuple[Weights, Weights]:
    """Goodfellow et al. 2014, algorithm 1 with k = 1, on images in [0, 1] mapped to [−1, 1], one z a step."""
    g_net, d_net = model.network, model.discriminator
    g, d, g_adam, d_adam = weights_of(g_net), weights_of(d_net), Adam(), Adam()
    for batch in batches:
        z = torch.randn(len(batch), LATENT)
        points = 2 * batch - 1, functional_call(g_net, g, (z,)).detach()

        def d_loss(d: Weights, points: tuple[Tensor, Tensor] = points) -> Tensor:
            p_real, p_fake = (functional_call(d_net, d, (x,)).sigmoid() for x in points)
            return -p_real.log().mean() - (1 - p_fake).log().mean()

        def g_loss(g: Weights, d: Weights, z: Tensor = z) -> Tensor:
            return -functional_call(d_net, d, (functional_call(g_net, g, (z,)),)).sigmoid().log().mean()

        new_d = d_adam(d, gradients(d_loss, d))
        judge = d if generator_first else new_d
        g = g_adam(g, gradients(lambda g, d=judge: g_loss(g, d), g))
        d = new_d
    return g, d


def run_steps(model: Gan, batches: list[Tensor]) -> None:
    for batch in batches:
        model.step(batch)


@pytest.fixture
def model(few_digits: Dataset) -> Gan:
    model = gan()
    model.prepare(few_digits.spec, seed=0)
    return model


@pytest.fixture
def batches(few_digits: Dataset) -> list[Tensor]:
    return list(few_digits.x.split(20))


def seeded(work: Callable[[], object]) -> object:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return work()


def close(mine: Weights, theirs: Weights) -> bool:
    # A step is of about 2e-4, so that a thousandth of it tells another gradient from rounding.
    return all(torch.allclose(mine[name], theirs[name], rtol=0, atol=2e-7) for name in mine)


def test_three_steps_are_those_worked_out_by_hand(model: Gan, batches: list[Tensor]) -> None:
    g, d = seeded(lambda: by_hand(model, batches))
    seeded(lambda: run_steps(model, batches))
    assert close(weights_of(model.discriminator), d)
    assert close(weights_of(model.network), g)


def test_the_generator_is_updated_through_the_discriminator_that_has_just_learnt(
    model: Gan, batches: list[Tensor]
) -> None:
    g, _ = seeded(lambda: by_hand(model, batches, generator_first=True))
    seeded(lambda: run_steps(model, batches))
    assert not close(weights_of(model.network), g)


def test_the_losses_of_a_step_are_those_before_its_updates(model: Gan, batches: list[Tensor]) -> None:
    # Nets that have learnt nothing yet: log 4 and log 2, but for the size of their first weights.
    losses = seeded(lambda: model.step(batches[0]))
    assert isinstance(losses, dict)
    assert set(losses) == {"discriminator_loss", "discriminator_advantage", "generator_loss"}
    assert float(losses["discriminator_loss"]) == pytest.approx(1.386, abs=0.2)
    assert float(losses["generator_loss"]) == pytest.approx(0.693, abs=0.2)
    assert not any(loss.requires_grad for loss in losses.values())


@pytest.mark.parametrize("loss", sorted(OBJECTIVES))
def test_the_advantage_is_how_far_the_loss_is_below_that_of_a_blind_discriminator(
    loss: Loss, batches: list[Tensor], few_digits: Dataset
) -> None:
    model = gan(loss=loss)
    model.prepare(few_digits.spec, seed=0)
    losses = model.step(batches[0])
    trivial_loss = OBJECTIVES[loss].trivial_loss
    if trivial_loss is None:
        assert "discriminator_advantage" not in losses
    else:
        expected = 1 - float(losses["discriminator_loss"]) / trivial_loss
        assert float(losses["discriminator_advantage"]) == pytest.approx(expected, abs=1e-6)


def test_the_update_of_the_generator_leaves_no_gradient_in_the_discriminator(model: Gan, batches: list[Tensor]) -> None:
    seeded(lambda: model.step(batches[0]))
    z = seeded(lambda: torch.randn(20, LATENT))
    untouched = gan()
    untouched.prepare(model.spec, seed=0)
    fake = untouched.network(z).detach()
    real = 2 * batches[0] - 1
    d = untouched.discriminator
    loss = -d(real).sigmoid().log().mean() - (1 - d(fake).sigmoid()).log().mean()
    expected = torch.autograd.grad(loss, list(d.parameters()))
    for parameter, gradient in zip(model.discriminator.parameters(), expected, strict=True):
        assert parameter.requires_grad
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


def test_the_discriminator_learns_again_in_the_next_step(model: Gan, batches: list[Tensor]) -> None:
    seeded(lambda: model.step(batches[0]))
    before = weights_of(model.discriminator)
    seeded(lambda: model.step(batches[1]))
    assert not close(weights_of(model.discriminator), before)


def test_the_discriminator_learns_several_times_for_the_generator_once(few_digits: Dataset) -> None:
    model = gan(discriminator_steps=3, batch_size=5)
    model.prepare(few_digits.spec, seed=0)
    assert model.points_per_step == 15
    seen: list[Tensor] = []
    model.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    batch = few_digits.x[:15]
    seeded(lambda: model.step(batch))
    # Real and fake three times, then the fake points of the last time once more.
    assert len(seen) == 7
    for number in range(3):
        torch.testing.assert_close(seen[2 * number], 2 * batch[5 * number : 5 * number + 5] - 1)
    assert torch.equal(seen[5], seen[6])
    states = (optimizer.state_dict()["state"][0]["step"] for optimizer in model.configure_optimizers())
    assert [float(step) for step in states] == [1, 3]


def test_a_penalty_is_logged_and_weighs_in(few_digits: Dataset, batches: list[Tensor]) -> None:
    def slope(weight: float) -> float:
        model = gan(penalty="r1_r2", penalty_weight=weight, learning_rate=1e-2)
        model.prepare(few_digits.spec, seed=0)
        losses = [model.step(batch) for batch in batches * 10]
        assert set(losses[0]) == {"discriminator_loss", "discriminator_advantage", "penalty", "generator_loss"}
        return float(losses[-1]["penalty"])

    light, heavy = slope(1e-6), slope(100.0)
    assert 0 < heavy < 0.1 * light


@pytest.mark.parametrize("relative", [True, False])
def test_only_a_relative_game_shows_the_generator_real_points(relative: bool, few_digits: Dataset) -> None:
    model = gan(loss="relativistic" if relative else "hinge")
    model.prepare(few_digits.spec, seed=0)
    seen: list[Tensor] = []
    model.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.step(few_digits.x[:20])
    assert len(seen) == (4 if relative else 3)


def test_rates_are_annealed_to_their_ends(few_digits: Dataset) -> None:
    model = gan(steps=5, learning_rate=4e-4, learning_rate_end=0.0, beta2=0.9, beta2_end=0.98)
    model.prepare(few_digits.spec, seed=0)
    found = []
    for number in range(5):
        model.steps_done = number
        model.step(few_digits.x[:20])
        for optimizer in model.configure_optimizers():
            (group,) = optimizer.param_groups
            found.append((group["lr"], group["betas"][1]))
    assert found[::2] == found[1::2]
    assert found[::2] == [pytest.approx((4e-4 * (1 - part), 0.9 + 0.08 * part)) for part in (0, 0.25, 0.5, 0.75, 1)]


def test_a_training_with_annealed_rates_cannot_be_made_longer(few_digits: Dataset, tmp_path: Path) -> None:
    def train(steps: int, **options: object) -> Gan:
        model = gan(steps=steps, batch_size=20, learning_rate_end=0.0)
        return model.fit(few_digits, seed=0, options=TrainerOptions(log_every=2, **options))

    train(4, checkpoint_every=2, checkpoint_dir=str(tmp_path))
    with pytest.raises(InvalidInput, match="steps=4; this training has 6"):
        train(6, resume_from=str(tmp_path / "last.ckpt"))


def test_what_is_augmented_is_real_and_fake_alike(few_digits: Dataset) -> None:
    model = gan(augment=["cutout"], output="sigmoid")
    model.prepare(few_digits.spec, seed=0)
    seen: list[Tensor] = []
    model.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.step(few_digits.x[:20])
    real, *fakes = seen
    assert ((real == 0) | (real == few_digits.x[:20])).all()
    for fake in fakes:  # a sigmoid is never 0
        holes = (fake == 0).flatten(1).sum(1)
        assert holes.max() == 16
        assert holes.min() > 0


def test_losses_are_not_rounded_under_autocast(model: Gan, batches: list[Tensor]) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        losses = seeded(lambda: model.step(batches[0]))
    assert isinstance(losses, dict)
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    exact = seeded(lambda: gan_of(model).step(batches[0]))
    assert isinstance(exact, dict)
    for name, loss in losses.items():
        assert float(loss) == pytest.approx(float(exact[name]), abs=5e-3)


def gan_of(model: Gan) -> Gan:
    """The same nets, not yet trained."""
    other = gan()
    other.prepare(model.spec, seed=0)
    return other


GAMES = ("gan", "lsgan", "hinge", "sngan", "wgan_gp", "r3gan")


@pytest.mark.parametrize("name", GAMES)
def test_every_game_is_learnt(name: str, four_modes: Splits) -> None:
    """Four clusters at the corners of a square; samples begin around the middle."""
    model = make_generator(name, steps=400, learning_rate=2e-3, learning_rate_end=None, ema_decay=None)
    points = model.fit(four_modes.train, seed=0).sample(1000, seed=0)
    real = four_modes.train.x
    nearest = torch.cdist(points, real).min(1).values
    untrained = torch.cdist(make_generator(name, steps=1).fit(four_modes.train, seed=0).sample(1000, 0), real).min(1)
    assert nearest.mean() < 0.6 * untrained.values.mean()


@pytest.mark.parametrize("output", ["auto", "none", "tanh", "sigmoid"])
def test_samples_of_images_fill_their_range_and_stay_in_it(output: str, few_digits: Dataset) -> None:
    # With weights a thousand times too large every activation comes to the ends of its range.
    model = gan(output=output, steps=1, learning_rate=1.0).fit(few_digits, seed=0)
    low, high = model.sample(50, seed=0).aminmax()
    assert 0 <= low < 1e-6
    assert 1 - 1e-6 < high <= 1


@pytest.mark.parametrize(
    ("output", "net_range"), [("tanh", (-1.0, 1.0)), ("sigmoid", (0.0, 1.0)), ("none", (-1.0, 1.0))]
)
def test_images_are_mapped_to_the_range_of_the_activation_and_back(
    output: str, net_range: tuple[float, float], few_digits: Dataset
) -> None:
    model = gan(output=output)
    model.prepare(few_digits.spec, seed=0)
    inside = model.to_net(few_digits.x)
    assert (inside.min(), inside.max()) == net_range
    torch.testing.assert_close(model.from_net(inside), few_digits.x)


def test_images_in_another_range_are_mapped_too(few_digits: Dataset) -> None:
    spec = DataSpec("grey", "image", (1, 8, 8), (0.0, 255.0), None)
    model = gan(steps=2).fit(Dataset(255 * few_digits.x, None, spec), seed=0)
    assert model.to_net(255 * few_digits.x).aminmax() == (-1.0, 1.0)
    assert 100 < float(model.sample(50, seed=0).mean()) < 155  # tanh of small weights is about 0


def test_tables_are_left_on_their_scale(four_modes: Splits) -> None:
    model = gan(steps=2).fit(four_modes.train, seed=0)
    assert torch.equal(model.to_net(four_modes.train.x), four_modes.train.x)
    assert not isinstance(model.network[1].activation, nn.Tanh | nn.Sigmoid)


def test_a_gan_learns_where_the_points_are(four_modes: Splits) -> None:
    # Real points of variance 1 are moved to (5, −5); the samples, which begin around 0, must follow.
    shift = torch.tensor([5.0, -5.0])
    data = replace(four_modes.train, x=four_modes.train.x + shift)
    points = gan(steps=600, learning_rate=2e-3).fit(data, seed=0).sample(1000, seed=0)
    assert torch.allclose(points.mean(0), shift, atol=1.5)
    assert ((points.std(0) > 0.3) & (points.std(0) < 2)).all()


class Peek(Callback):
    """Looks at samples between two steps."""

    def on_train_batch_end(self, trainer: object, pl_module: object, *_: object) -> None:
        assert isinstance(pl_module, Gan)
        pl_module.sample(3, seed=0)


def test_a_callback_that_samples_does_not_change_the_training(few_digits: Dataset) -> None:
    def train(*callbacks: Callback) -> Tensor:
        model = gan(ConvNetworks(ConvNetworksConfig(width=2)), steps=6, batch_size=20)
        model.fit(few_digits, seed=0, options=TrainerOptions(log_every=2), callbacks=callbacks)
        return model.sample(20, seed=0)

    assert torch.equal(train(Peek()), train())


def test_conf_has_the_articles_gan(few_digits: Dataset) -> None:
    model = make_generator("gan", steps=1).fit(few_digits, seed=0)
    assert isinstance(model, Gan)
    nets = (model.network, model.discriminator)
    g, d = ([m.out_features for m in net.modules() if isinstance(m, nn.Linear)] for net in nets)
    assert (g, d) == ([128, 256, 64], [256, 128, 1])
