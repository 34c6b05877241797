"""Trainings: the same bits however they are cut up, a clear end where they diverge, and their loss curves."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.loggers import Logger

from synthmix.data.base import Dataset
from synthmix.errors import TrainingDiverged
from synthmix.generators.options import Precision, TrainerOptions

MODELS = pytest.mark.parametrize("name", ["gan", "dcgan", "wgan_gp", "vae", "autoencoder", "flow_matching"])
CHECKPOINT = "checkpoints/last.ckpt"  # in the test's own working folder


@MODELS
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_block_that_lightning_is_handed_does_not_matter(
    name: str, precision: Precision, few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    # Under bf16 this fails where autocast keeps its copies of the weights from one step of a block to the next.
    one, many = (
        train(name, few_digits, 50, options={"log_every": log_every, "precision": precision}) for log_every in (1, 50)
    )
    assert equal(one, many)


@MODELS
def test_bf16_is_another_precision_of_the_same_training(
    name: str, few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    coarse, fine = (train(name, few_digits, 10, options={"precision": p}) for p in ("bf16-mixed", "32-true"))
    pairs = zip(coarse.network.parameters(), fine.network.parameters(), strict=True)
    assert not equal(coarse, fine)
    assert all(mine.dtype == torch.float32 for mine in coarse.network.parameters())
    # Ten steps of Adam move a weight by ten learning rates at most, in opposite directions at worst.
    assert all(torch.allclose(mine, theirs, rtol=0, atol=20 * 1e-3) for mine, theirs in pairs)


def test_no_more_steps_than_the_limit_are_done(
    few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    limited = train("vae", few_digits, 50, options={"limit_steps": 7})
    assert limited.steps_done == 7
    assert equal(limited, train("vae", few_digits, 7))


def test_a_limit_holds_for_the_fit_that_it_is_given_to(
    few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    model = train("vae", few_digits, 12, options={"limit_steps": 7})
    model.fit(few_digits, seed=0)
    assert model.steps_done == 12
    assert equal(model, train("vae", few_digits, 12))


@MODELS
def test_a_fit_starts_anew(
    name: str, few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    model = train(name, few_digits, 5, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(few_digits, seed=0)
    assert equal(model, train(name, few_digits, 5))


@MODELS
def test_a_minibatch_may_be_larger_than_the_data(name: str, few_digits: Dataset, train: Callable[..., Any]) -> None:
    model = train(name, few_digits.take(slice(0, 10)), 4, batch_size=32)
    assert model.sample(5, seed=0).isfinite().all()


@MODELS
def test_a_fitted_model_is_on_the_cpu_in_evaluation_mode_and_holds_no_data(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    model = train(name, few_digits, 2)
    assert not any(module.training for module in model.network.modules())
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"cpu"}
    assert not any(tensor.shape[:1] == (60,) for tensor in [*model.parameters(), *model.buffers()])


@MODELS
def test_a_point_that_is_not_finite_ends_the_training_at_the_next_entry(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    x = few_digits.x.clone()
    x[17] = torch.inf
    # Of 60 points in minibatches of 16 it has come by step 4.
    with pytest.raises(TrainingDiverged, match=r"^\w+: (\w+_)?loss is (nan|inf) at step 5$"):
        train(name, replace(few_digits, x=x), 1000, options={"log_every": 5})


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_a_learning_rate_beyond_all_measure_ends_the_training_at_the_first_entry(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(TrainingDiverged, match=r"is (nan|-?inf) at step 10$"):
        train(name, few_digits, 1000, options={"log_every": 10}, learning_rate=1e30)


def test_latents_that_are_not_finite_after_the_last_step_are_a_divergence(
    few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(TrainingDiverged, match="Autoencoder: latents are not finite at step 1"):
        train("autoencoder", few_digits, 1, learning_rate=1e30)


def test_reconstructions_that_are_not_finite_after_the_last_step_are_a_divergence(
    few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(TrainingDiverged, match="Vae: reconstructions are not finite at step 1"):
        train("vae", few_digits, 1, learning_rate=1e20, latent_density="prior")


def test_what_has_diverged_does_not_replace_a_checkpoint(few_digits: Dataset, train: Callable[..., Any]) -> None:
    with pytest.raises(TrainingDiverged, match="at step 2"):
        train("vae", few_digits, 100, options={"checkpoint_every": 1, "log_every": 50}, learning_rate=1e30)
    assert torch.load(CHECKPOINT, weights_only=True)["synthmix"]["steps_done"] == 1


def test_a_model_that_has_diverged_can_be_fitted_to_other_data(
    few_digits: Dataset, make: Callable[..., Any], train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    model = make("vae", steps=5)
    with pytest.raises(TrainingDiverged):
        model.fit(replace(few_digits, x=few_digits.x / 0.0), seed=0)
    model.fit(few_digits, seed=0)
    assert equal(model, train("vae", few_digits, 5))


class Entries(Logger):
    """Keeps what is logged."""

    name, version = "entries", "0"

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[int | None, dict[str, float]]] = []

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.kept.append((step, dict(metrics)))

    def log_hyperparams(self, *args: object, **kwargs: object) -> None: ...


@pytest.mark.parametrize("checkpoint_every", [None, 3])
def test_losses_are_logged_every_so_many_steps_and_at_the_last(
    checkpoint_every: int | None, few_digits: Dataset, make: Callable[..., Any]
) -> None:
    logger, options = Entries(), TrainerOptions(log_every=4, checkpoint_every=checkpoint_every)
    make("vae", steps=10).fit(few_digits, seed=0, options=options, logger=logger)
    assert [step for step, _ in logger.kept] == [4, 8, 10]
    assert all(entry.keys() == {"train/loss", "train/reconstruction_loss", "train/kl"} for _, entry in logger.kept)


def test_the_logged_loss_is_that_of_the_step(few_digits: Dataset, make: Callable[..., Any]) -> None:
    logger = Entries()
    make("autoencoder", steps=1, batch_size=60).fit(few_digits, seed=0, logger=logger)
    untrained = make("autoencoder", steps=1)
    untrained.prepare(few_digits.spec, seed=0)
    loss = untrained.losses(few_digits.x)["loss"].detach()
    assert logger.kept[0][1]["train/loss"] == pytest.approx(float(loss), rel=1e-5)


def test_nothing_is_printed_and_nothing_is_written(
    few_digits: Dataset, capfd: pytest.CaptureFixture[str], train: Callable[..., Any]
) -> None:
    train("vae", few_digits, 5)
    assert "".join(capfd.readouterr()) == ""
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@MODELS
def test_on_a_gpu_it_is_trained_to_about_the_same_and_sampled_on_the_cpu(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    on_gpu, on_cpu = (train(name, few_digits, 10, options={"accelerator": device}) for device in ("gpu", "cpu"))
    assert {value.device.type for value in on_gpu.state_dict().values()} == {"cpu"}
    assert on_gpu.sample(10, seed=0).device.type == "cpu"
    pairs = zip(on_gpu.network.parameters(), on_cpu.network.parameters(), strict=True)
    # Ten steps of Adam move a weight by ten learning rates at most, in opposite directions at worst.
    assert all(torch.allclose(mine, theirs, rtol=0, atol=20 * 1e-3) for mine, theirs in pairs)
