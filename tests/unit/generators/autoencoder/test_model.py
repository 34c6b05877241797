"""Autoencoders learn digits, and their samples look like digits on average."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.optim import Adam

from synthmix.data.base import Dataset, Splits
from synthmix.generators.autoencoder import base as latent_generator
from synthmix.generators.autoencoder.base import LatentGenerator
from synthmix.generators.autoencoder.coders import MlpCoders
from synthmix.generators.autoencoder.coders_config import MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig, VaeConfig
from synthmix.generators.autoencoder.model import Autoencoder, Vae
from synthmix.generators.mixture.density import GaussianMixtureDensity
from synthmix.spec import DataSpec

LATENT = 8
NETWORKS = MlpCoders(MlpCodersConfig(hidden=[64]))
SMALL: dict[str, Any] = {
    "latent_dim": LATENT,
    "mixture_components": 4,
    "batch_size": 50,
    "learning_rate": 2e-3,
}


def autoencoder(**options: object) -> Autoencoder:
    return Autoencoder(AutoencoderConfig(**{**SMALL, "steps": 300, **options}), NETWORKS)


def vae(**options: object) -> Vae:
    return Vae(VaeConfig(**{**SMALL, "steps": 300, **options}), NETWORKS)


@pytest.fixture(scope="module")
def plain(digits: Splits) -> Autoencoder:
    return autoencoder().fit(digits.train, seed=0)


@pytest.fixture(scope="module")
def variational(digits: Splits) -> Vae:
    return vae().fit(digits.train, seed=0)


@pytest.fixture(params=["plain", "variational"])
def model(request: pytest.FixtureRequest) -> LatentGenerator:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, LatentGenerator)
    return found


def squared_error(model: LatentGenerator, x: Tensor) -> float:
    return float((model.reconstruct(x) - x).square().flatten(1).sum(1).mean())


def test_training_brings_reconstructions_of_new_points_near_to_them(model: LatentGenerator, digits: Splits) -> None:
    untrained = type(model)(replace(model.config, steps=1), NETWORKS)
    untrained.prepare(digits.train.spec, seed=0)
    # The mean of train is what a net gives that has learnt nothing of the single point.
    of_the_mean = float((digits.val.x - digits.train.x.mean(0)).square().flatten(1).sum(1).mean())
    assert squared_error(model, digits.val.x) < 0.7 * of_the_mean < 0.7 * squared_error(untrained, digits.val.x)


def test_the_mean_of_the_samples_is_near_that_of_the_data(model: LatentGenerator, digits: Splits) -> None:
    samples = model.sample(1000, seed=0).mean(0)
    spread = (digits.train.x - digits.train.x.mean(0)).square().mean().sqrt()
    assert (samples - digits.train.x.mean(0)).square().mean().sqrt() < 0.3 * spread


def test_points_go_through_the_nets_in_parts(
    plain: Autoencoder, digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = plain.reconstruct(digits.val.x)
    monkeypatch.setattr(latent_generator, "BATCH_SIZE", 7)
    seen: list[int] = []
    nets = [plain.network["encoder"], plain.network["decoder"]]
    hooks = [net.register_forward_pre_hook(lambda _, args: seen.append(len(args[0]))) for net in nets]
    torch.testing.assert_close(plain.reconstruct(digits.val.x), expected)
    for hook in hooks:
        hook.remove()
    assert max(seen) == 7
    assert sum(seen) == 2 * len(digits.val)


def test_samples_differ_from_each_other_as_real_points_do(plain: Autoencoder, digits: Splits) -> None:
    variance = plain.sample(1000, seed=0).var(dim=0).sum() / digits.train.x.var(dim=0).sum()
    assert 0.4 < variance < 1.3


def test_shapes_and_ranges(model: LatentGenerator, digits: Splits) -> None:
    latent = model.encode(digits.val.x)
    assert latent.shape == (100, LATENT)
    for images in (model.decode(latent), model.reconstruct(digits.val.x), model.sample(100, seed=0)):
        assert images.shape == (100, 1, 8, 8)
        assert images.dtype == torch.float32
        assert (images >= 0).all() & (images <= 1).all()
        assert not images.requires_grad


def test_a_reconstruction_is_the_decoded_code(model: LatentGenerator, digits: Splits) -> None:
    assert torch.equal(model.reconstruct(digits.val.x), model.decode(model.encode(digits.val.x)))


def test_images_in_another_range_give_the_same_net_and_samples_in_that_range(few_digits: Dataset) -> None:
    wide = Dataset(2 * few_digits.x - 1, None, DataSpec("wide", "image", (1, 8, 8), (-1.0, 1.0), None))
    one, other = (autoencoder(steps=20).fit(data, seed=0) for data in (few_digits, wide))
    torch.testing.assert_close(other.encode(wide.x), one.encode(few_digits.x), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(other.reconstruct(wide.x), 2 * one.reconstruct(few_digits.x) - 1, rtol=1e-3, atol=1e-4)


def test_the_articles_autoencoder() -> None:
    model = Autoencoder(AutoencoderConfig(latent_dim=32), MlpCoders(MlpCodersConfig(hidden=[128])))
    model.prepare(DataSpec("mnist", "image", (1, 28, 28), (0.0, 1.0), 10), seed=0)
    sizes = [weight.shape[::-1] for weight in model.network.parameters() if weight.ndim == 2]
    assert sizes == [(784, 128), (128, 32), (32, 128), (128, 784)]


@pytest.mark.parametrize(
    ("likelihood", "bounded", "bernoulli"),
    [("auto", True, True), ("auto", False, False), ("gaussian", True, False), ("bernoulli", True, True)],
)
def test_the_likelihood_that_suits_the_data(likelihood: str, bounded: bool, bernoulli: bool) -> None:
    model = autoencoder(likelihood=likelihood)
    spec = DataSpec("x", "table", (3,), (0.0, 1.0) if bounded else None, None)
    model.prepare(spec, seed=0)
    out, x = torch.randn(5, 3), torch.rand(5, 3)
    distribution = Bernoulli(logits=out, validate_args=False) if bernoulli else Normal(out, 1.0)
    # A Gaussian's constant, ½ log 2π for each of three values, is left out.
    constant = 0.0 if bernoulli else 3 * 0.9189385
    expected = -distribution.log_prob(x).sum(1).mean() - constant
    torch.testing.assert_close(model.negative_log_likelihood(out, x), expected)


def test_a_gaussian_decoder_of_a_table_has_no_bounds(four_modes: Splits) -> None:
    model = autoencoder(latent_dim=2, steps=600).fit(four_modes.train, seed=0)
    torch.testing.assert_close(model.reconstruct(four_modes.val.x), four_modes.val.x, rtol=0, atol=0.3)
    assert model.reconstruct(four_modes.val.x).min() < -0.5


def test_the_objective_of_a_vae_is_the_negative_evidence_lower_bound(digits: Splits) -> None:
    model = vae(beta=3.0)
    model.prepare(digits.train.spec, seed=0)
    x = digits.train.x[:40]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        losses = model.losses(x)
        torch.manual_seed(0)
        epsilon = torch.randn(40, LATENT)
    mean, log_variance = model.network["encoder"](x).split(LATENT, dim=1)
    posterior = Normal(mean, log_variance.exp().sqrt())
    z = posterior.loc + posterior.scale * epsilon
    log_likelihood = (
        Bernoulli(logits=model.network["decoder"](z), validate_args=False).log_prob(x).flatten(1).sum(1).mean()
    )
    kl = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(losses["reconstruction_loss"], -log_likelihood)
    torch.testing.assert_close(losses["kl"], kl)
    torch.testing.assert_close(losses["loss"], -log_likelihood + 3 * kl)


def test_a_step_is_one_of_adam_on_the_objective(few_digits: Dataset) -> None:
    model, reference = autoencoder(), autoencoder()
    for each in (model, reference):
        each.prepare(few_digits.spec, seed=0)
    optimizer = Adam(reference.network.parameters(), lr=SMALL["learning_rate"])
    for _ in range(3):
        model.step(few_digits.x)
        optimizer.zero_grad()
        reference.losses(few_digits.x)["loss"].backward()
        optimizer.step()
    for mine, theirs in zip(model.network.parameters(), reference.network.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_larger_beta_brings_the_posterior_nearer_to_the_prior(digits: Splits) -> None:
    def kl(beta: float) -> float:
        model = vae(beta=beta, latent_density="prior").fit(digits.train, seed=0)
        return float(model.losses(digits.val.x)["kl"].detach())

    assert kl(10.0) < 0.5 * kl(0.5)


def test_a_vae_with_the_prior_decodes_standard_normal_latents(digits: Splits) -> None:
    model = vae(latent_density="prior", steps=5).fit(digits.train, seed=0)
    assert model.mixture is None
    drawn = model.draw(20, torch.Generator().manual_seed(3))
    torch.testing.assert_close(drawn, model.decode(torch.randn(20, LATENT, generator=torch.Generator().manual_seed(3))))


def test_samples_are_decoded_draws_of_the_ex_post_mixture(plain: Autoencoder) -> None:
    assert isinstance(plain.mixture, GaussianMixtureDensity)
    drawn = plain.draw(20, torch.Generator().manual_seed(3))
    torch.testing.assert_close(drawn, plain.decode(plain.mixture.sample(20, torch.Generator().manual_seed(3))))


@pytest.mark.parametrize("make", [autoencoder, vae])
def test_fifty_points_are_not_memorised(make: Callable[..., LatentGenerator], digits: Splits) -> None:
    train = digits.train.take(slice(0, 50))
    model = make(mixture_components=25).fit(train, seed=0)
    assert model.mixture is not None
    assert len(model.mixture.weights) <= 5
    latent, own = model.mixture.sample(500, torch.Generator().manual_seed(0)), model.encode(train.x)
    between_own = torch.cdist(own, own).fill_diagonal_(torch.inf).min(dim=1).values
    assert torch.cdist(latent, own).min(dim=1).values.median() > 0.5 * between_own.median()
    points = model.sample(500, seed=0)
    assert torch.cdist(points.flatten(1), train.x.flatten(1)).min() > 0.1


def test_a_preview_can_be_had_before_the_training_has_ended(few_digits: Dataset) -> None:
    model = vae()
    model.prepare(few_digits.spec, seed=0)
    assert model.preview(5, seed=0).shape == (5, 1, 8, 8)
