"""What a denoising and a sparse autoencoder can do that a plain one cannot."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pytorch_lightning.loggers.logger import DummyLogger
from torch import Tensor
from torch.distributions import Bernoulli, kl_divergence

from synthmix.data.base import Dataset, Splits
from synthmix.generators.autoencoder.coders import MlpCoders
from synthmix.generators.autoencoder.coders_config import MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig
from synthmix.generators.autoencoder.corruption import corrupted
from synthmix.generators.autoencoder.model import Autoencoder

SMALL: dict[str, Any] = {"latent_dim": 32, "mixture_components": 4, "batch_size": 50, "learning_rate": 2e-3}


def autoencoder(**options: object) -> Autoencoder:
    config = AutoencoderConfig(**{**SMALL, "steps": 800, **options})
    return Autoencoder(config, MlpCoders(MlpCodersConfig(hidden=[64])))


@pytest.fixture(scope="module")
def plain(digits: Splits) -> Autoencoder:
    return autoencoder().fit(digits.train, seed=0)


@pytest.fixture(
    scope="module",
    params=[{"sparsity": "kl", "sparsity_weight": 0.5}, {"sparsity": "l1", "sparsity_weight": 0.1}],
    ids=["kl", "l1"],
)
def sparse(request: pytest.FixtureRequest, digits: Splits) -> Autoencoder:
    return autoencoder(**request.param).fit(digits.train, seed=0)


def prepared(digits: Splits, **options: object) -> Autoencoder:
    model = autoencoder(**options)
    model.prepare(digits.train.spec, seed=0)
    return model


def error(model: Autoencoder, seen: Tensor, x: Tensor) -> float:
    return float((model.reconstruct(seen) - x).square().flatten(1).sum(1).mean())


@pytest.mark.parametrize(("corruption", "level"), [("masking", 0.3), ("gaussian", 0.3)])
def test_a_denoising_one_restores_held_out_digits_better(
    corruption: str, level: float, plain: Autoencoder, digits: Splits
) -> None:
    denoising = autoencoder(corruption=corruption, corruption_level=level).fit(digits.train, seed=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        seen = corrupted(digits.val.x, corruption, level)  # type: ignore[arg-type]
    assert error(denoising, seen, digits.val.x) < 0.85 * error(plain, seen, digits.val.x)
    assert error(denoising, seen, digits.val.x) < float((seen - digits.val.x).square().flatten(1).sum(1).mean())


def test_the_denoising_objective_compares_with_the_point_as_it_was(digits: Splits) -> None:
    model, x = prepared(digits, corruption="masking", corruption_level=0.4), digits.train.x[:40]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        losses = model.losses(x)
        torch.manual_seed(0)
        kept = torch.empty_like(x).bernoulli_(0.6)
    logits = model.network["decoder"](model.network["encoder"](x * kept))
    expected = -Bernoulli(logits=logits, validate_args=False).log_prob(x).flatten(1).sum(1).mean()
    torch.testing.assert_close(losses["loss"], expected)
    assert losses.keys() == {"loss", "reconstruction_loss"}


def test_points_are_encoded_as_they_are_once_it_is_trained(digits: Splits) -> None:
    model = autoencoder(corruption="masking", steps=5).fit(digits.train, seed=0)
    assert torch.equal(model.encode(digits.val.x), model.encode(digits.val.x))


@pytest.mark.parametrize("sparsity", ["kl", "l1"])
def test_the_sparse_objective_is_the_reconstruction_and_the_penalty(sparsity: str, digits: Splits) -> None:
    model, x = prepared(digits, sparsity=sparsity, sparsity_weight=3.0, sparsity_target=0.1), digits.train.x[:40]
    losses = model.losses(x)
    latent = model.network["encoder"](x)
    code = 1 / (1 + (-latent).exp()) if sparsity == "kl" else latent.clamp(min=0)
    logits = model.network["decoder"](code)
    reconstruction = -Bernoulli(logits=logits, validate_args=False).log_prob(x).flatten(1).sum(1).mean()
    penalty = code.sum(1).mean()
    if sparsity == "kl":
        penalty = kl_divergence(Bernoulli(0.1), Bernoulli(code.mean(0))).sum()
    torch.testing.assert_close(losses["reconstruction_loss"], reconstruction)
    torch.testing.assert_close(losses["sparsity"], penalty)
    torch.testing.assert_close(losses["loss"], reconstruction + 3 * penalty)


def test_kl_brings_the_mean_activation_to_its_target(digits: Splits) -> None:
    model = autoencoder(sparsity="kl", sparsity_weight=10.0, sparsity_target=0.1).fit(digits.train, seed=0)
    code = model.encode(digits.val.x)
    assert (code >= 0).all() & (code <= 1).all()
    assert float(code.mean()) == pytest.approx(0.1, abs=0.02)


def test_a_penalty_makes_the_code_sparser(sparse: Autoencoder, plain: Autoencoder, digits: Splits) -> None:
    unpenalised = autoencoder(sparsity=sparse.config.sparsity, sparsity_weight=1e-6).fit(digits.train, seed=0)
    other = max(hoyer(model.encode(digits.val.x)) for model in (plain, unpenalised))
    assert hoyer(sparse.encode(digits.val.x)) > other + 0.15
    # It has not got there by telling nothing of a digit.
    of_the_mean = float((digits.val.x - digits.train.x.mean(0)).square().flatten(1).sum(1).mean())
    assert error(sparse, digits.val.x, digits.val.x) < 0.7 * of_the_mean


def hoyer(code: Tensor) -> float:
    """Sparseness of codes (N, L), mean over points: 0 where all units are equal, 1 where one is on (Hoyer 2004)."""
    root = code.shape[1] ** 0.5
    ratio = code.abs().sum(1) / code.norm(dim=1).clamp_min(1e-12)
    return float(((root - ratio) / (root - 1)).mean())


def test_samples_of_a_sparse_one_are_decoded_codes_like_those_of_train(sparse: Autoencoder, digits: Splits) -> None:
    assert sparse.mixture is not None
    latent = sparse.mixture.sample(400, torch.Generator().manual_seed(3))
    code = latent.sigmoid() if sparse.config.sparsity == "kl" else latent.clamp(min=0)
    torch.testing.assert_close(sparse.draw(400, torch.Generator().manual_seed(3)), sparse.decode(code))
    real = sparse.encode(digits.train.x)
    assert float(code.mean()) == pytest.approx(float(real.mean()), rel=0.2)
    assert float((code == 0).float().mean()) == pytest.approx(float((real == 0).float().mean()), abs=0.1)


def test_the_penalty_is_logged_beside_the_objective(few_digits: Dataset) -> None:
    logged: list[dict[str, float]] = []

    class Kept(DummyLogger):
        def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
            logged.append(metrics)

    autoencoder(sparsity="kl", steps=2).fit(few_digits, seed=0, logger=Kept(), for_sampling=False)
    assert logged[-1].keys() == {"train/loss", "train/reconstruction_loss", "train/sparsity"}
