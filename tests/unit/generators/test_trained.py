"""Trainings: the same bits however they are cut up, a clear end where they diverge, and the moving average."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput, TrainingDiverged
from synthmix.generators.adversarial import Gan
from synthmix.generators.autoencoding import Autoencoder, Vae
from synthmix.generators.networks import ConvNetworks, MlpNetworks
from synthmix.generators.trained import TrainedGenerator
from synthmix.generators.trainer import Precision, TrainerOptions

Weights = dict[str, Tensor]
AUTOENCODER = {"hidden": [16], "latent_dim": 3, "mixture_components": 2, "batch_size": 16}


def make(name: str, **options: Any) -> TrainedGenerator:
    if name == "gan":
        return Gan(**{"networks": MlpNetworks([16]), "latent_dim": 5, "batch_size": 16, "ema_decay": 0.9, **options})
    if name == "dcgan":
        return Gan(**{"networks": ConvNetworks(width=2), "latent_dim": 5, "batch_size": 16, **options})
    return {"vae": Vae, "autoencoder": Autoencoder}[name](**{**AUTOENCODER, **options})


def train(
    name: str, data: Dataset, steps: int, seed: int = 0, options: dict[str, Any] | None = None, **model: Any
) -> Any:
    return make(name, steps=steps, **model).fit(data, seed=seed, options=TrainerOptions(**(options or {})))


def equal(one: TrainedGenerator, other: TrainedGenerator) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


MODELS = pytest.mark.parametrize("name", ["gan", "dcgan", "vae", "autoencoder"])
CHECKPOINT = "checkpoints/last.ckpt"  # in the test's own working folder


@MODELS
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_block_that_lightning_is_handed_does_not_matter(
    name: str, precision: Precision, few_digits: Dataset
) -> None:
    # Under bf16 this fails where autocast keeps its copies of the weights from one step of a block to the next.
    one, many = (
        train(name, few_digits, 50, options={"log_every": log_every, "precision": precision}) for log_every in (1, 50)
    )
    assert equal(one, many)


@MODELS
def test_bf16_is_another_precision_of_the_same_training(name: str, few_digits: Dataset) -> None:
    coarse, fine = (train(name, few_digits, 10, options={"precision": p}) for p in ("bf16-mixed", "32-true"))
    pairs = zip(coarse.network.parameters(), fine.network.parameters(), strict=True)
    assert not equal(coarse, fine)
    assert all(mine.dtype == torch.float32 for mine in coarse.network.parameters())
    # Ten steps of Adam move a weight by ten learning rates at most, in opposite directions at worst.
    assert all(torch.allclose(mine, theirs, rtol=0, atol=20 * 1e-3) for mine, theirs in pairs)


@MODELS
def test_a_resumed_training_comes_to_the_bits_of_an_undisturbed_one(name: str, few_digits: Dataset) -> None:
    straight = train(name, few_digits, 20)
    train(name, few_digits, 10, options={"checkpoint_every": 10})
    resumed = train(name, few_digits, 20, options={"resume_from": CHECKPOINT, "checkpoint_every": 10})
    assert resumed.steps_done == 20
    assert equal(resumed, straight)


@pytest.mark.parametrize(("every", "then"), [(10, None), (4, 4), (3, 7), (10, 20), (7, 3), (10, 1)])
def test_it_may_be_resumed_with_another_distance_of_checkpoints(
    every: int, then: int | None, few_digits: Dataset
) -> None:
    train("dcgan", few_digits, 10, options={"checkpoint_every": every})
    resumed = train("dcgan", few_digits, 23, options={"resume_from": CHECKPOINT, "checkpoint_every": then})
    assert resumed.steps_done == 23
    assert equal(resumed, train("dcgan", few_digits, 23))


def test_checkpoints_on_the_way_change_nothing(few_digits: Dataset) -> None:
    assert equal(train("vae", few_digits, 10, options={"checkpoint_every": 3}), train("vae", few_digits, 10))


def test_resuming_a_training_that_is_done_gives_it_back(few_digits: Dataset) -> None:
    done = train("dcgan", few_digits, 10, options={"checkpoint_every": 5})
    assert equal(train("dcgan", few_digits, 10, options={"resume_from": CHECKPOINT}), done)


@MODELS
def test_a_checkpoint_loads_without_unpickling_objects(name: str, few_digits: Dataset) -> None:
    train(name, few_digits, 4, options={"checkpoint_every": 4})
    checkpoint = torch.load(CHECKPOINT, weights_only=True)
    assert checkpoint["synthmix"]["steps_done"] == 4


@pytest.fixture
def checkpoint(few_digits: Dataset) -> str:
    train("vae", few_digits, 10, options={"checkpoint_every": 10})
    return CHECKPOINT


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"learning_rate": 2e-3}, "learning_rate=0.001; this training has 0.002"),
        ({"beta": 2.0}, "beta=1.0; this training has 2.0"),
        ({"hidden": [17]}, r"hidden=\[16\]; this training has \[17\]"),
        ({"batch_size": 8}, "batch_size=16; this training has 8"),
        ({"ema_decay": 0.5}, "ema_decay=None; this training has 0.5"),
        ({"seed": 1}, "seed=0; this training has 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_other_settings_is_refused(
    checkpoint: str, other: dict[str, Any], key: str, few_digits: Dataset
) -> None:
    with pytest.raises(InvalidInput, match=rf"trainer\.resume_from: the checkpoint was made with {key}"):
        train("vae", few_digits, 20, options={"resume_from": checkpoint}, **other)


def test_a_checkpoint_of_other_nets_is_refused(few_digits: Dataset) -> None:
    train("gan", few_digits, 4, options={"checkpoint_every": 4})
    with pytest.raises(InvalidInput, match=r"hidden=\[16\].*hidden=\[17\]"):
        train("gan", few_digits, 8, options={"resume_from": CHECKPOINT}, networks=MlpNetworks([17]))


def test_a_checkpoint_of_other_points_of_the_same_data_set_is_refused(checkpoint: str, few_digits: Dataset) -> None:
    with pytest.raises(InvalidInput, match="points=60; this training has 59"):
        train("vae", few_digits.take(slice(1, 60)), 20, options={"resume_from": checkpoint})
    with pytest.raises(InvalidInput, match="digest="):
        train("vae", few_digits.with_x(few_digits.x.flip(0)), 20, options={"resume_from": checkpoint})


def test_a_checkpoint_that_is_further_than_the_training_shall_go_is_refused(
    checkpoint: str, few_digits: Dataset
) -> None:
    with pytest.raises(InvalidInput, match="has done 10 steps; must be ≤ 9"):
        train("vae", few_digits, 9, options={"resume_from": checkpoint})


def test_a_file_that_is_no_checkpoint_of_a_training_is_refused(few_digits: Dataset) -> None:
    torch.save({"model": {"name": "vae"}, "state": {}}, "generator.pt")
    with pytest.raises(InvalidInput, match=r"trainer\.resume_from=generator\.pt: must be the checkpoint of a training"):
        train("vae", few_digits, 4, options={"resume_from": "generator.pt"})


class Touch:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("touched"),)


def test_a_checkpoint_with_code_in_it_is_not_run(checkpoint: str, few_digits: Dataset) -> None:
    torch.save(torch.load(checkpoint, weights_only=True) | {"code": Touch()}, "poisoned.ckpt")
    with pytest.raises(pickle.UnpicklingError):
        train("vae", few_digits, 20, options={"resume_from": "poisoned.ckpt"})
    assert not Path("touched").exists()


def test_no_more_steps_than_the_limit_are_done(few_digits: Dataset) -> None:
    limited = train("vae", few_digits, 50, options={"limit_steps": 7})
    assert limited.steps_done == 7
    assert equal(limited, train("vae", few_digits, 7))


def test_a_limit_holds_for_the_fit_that_it_is_given_to(few_digits: Dataset) -> None:
    model = train("vae", few_digits, 12, options={"limit_steps": 7})
    model.fit(few_digits, seed=0)
    assert model.steps_done == 12
    assert equal(model, train("vae", few_digits, 12))


@MODELS
def test_a_fit_starts_anew(name: str, few_digits: Dataset) -> None:
    model = train(name, few_digits, 5, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(few_digits, seed=0)
    assert equal(model, train(name, few_digits, 5))


@MODELS
def test_a_minibatch_may_be_larger_than_the_data(name: str, few_digits: Dataset) -> None:
    model = train(name, few_digits.take(slice(0, 10)), 4, batch_size=32)
    assert model.sample(5, seed=0).isfinite().all()


@MODELS
def test_a_fitted_model_is_on_the_cpu_in_evaluation_mode_and_holds_no_data(name: str, few_digits: Dataset) -> None:
    model = train(name, few_digits, 2)
    assert not any(module.training for module in model.network.modules())
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"cpu"}
    assert not any(tensor.shape[:1] == (60,) for tensor in [*model.parameters(), *model.buffers()])


@MODELS
def test_a_point_that_is_not_finite_ends_the_training_at_the_next_entry(name: str, few_digits: Dataset) -> None:
    x = few_digits.x.clone()
    x[17] = torch.inf
    # Of 60 points in minibatches of 16 it has come by step 4.
    with pytest.raises(TrainingDiverged, match=r"^\w+: (\w+_)?loss is (nan|inf) at step 5$"):
        train(name, few_digits.with_x(x), 1000, options={"log_every": 5})


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_a_learning_rate_beyond_all_measure_ends_the_training_at_the_first_entry(
    name: str, few_digits: Dataset
) -> None:
    with pytest.raises(TrainingDiverged, match=r"is (nan|-?inf) at step 10$"):
        train(name, few_digits, 1000, options={"log_every": 10}, learning_rate=1e30)


def test_latents_that_are_not_finite_after_the_last_step_are_a_divergence(few_digits: Dataset) -> None:
    with pytest.raises(TrainingDiverged, match="Autoencoder: latents are not finite at step 1"):
        train("autoencoder", few_digits, 1, learning_rate=1e30)


def test_what_has_diverged_does_not_replace_a_checkpoint(few_digits: Dataset) -> None:
    with pytest.raises(TrainingDiverged, match="at step 2"):
        train("vae", few_digits, 100, options={"checkpoint_every": 1, "log_every": 50}, learning_rate=1e30)
    assert torch.load(CHECKPOINT, weights_only=True)["synthmix"]["steps_done"] == 1


def test_a_model_that_has_diverged_can_be_fitted_to_other_data(few_digits: Dataset) -> None:
    model = make("vae", steps=5)
    with pytest.raises(TrainingDiverged):
        model.fit(few_digits.with_x(few_digits.x / 0.0), seed=0)
    model.fit(few_digits, seed=0)
    assert equal(model, train("vae", few_digits, 5))


class WeightsOfEachStep(Callback):
    """Keeps the weights as they are after each step."""

    def __init__(self) -> None:
        self.seen: list[Weights] = []

    def on_train_start(self, trainer: object, pl_module: Any) -> None:
        self.keep(pl_module)

    def on_train_batch_end(self, trainer: object, pl_module: Any, *_: object) -> None:
        self.keep(pl_module)

    def keep(self, model: TrainedGenerator) -> None:
        self.seen.append({name: value.clone() for name, value in model.network.state_dict().items()})


@pytest.mark.parametrize("name", ["gan", "dcgan", "vae"])
def test_the_average_follows_its_recursion(name: str, few_digits: Dataset) -> None:
    model, recorder = make(name, steps=6, ema_decay=0.8), WeightsOfEachStep()
    model.fit(few_digits, seed=0, options=TrainerOptions(log_every=1), callbacks=[recorder])
    parameters = dict(model.network.named_parameters())
    average = recorder.seen[0]
    for weights in recorder.seen[1:]:
        average = {
            key: 0.8 * average[key] + 0.2 * value if key in parameters else value for key, value in weights.items()
        }
    assert model.ema is not None
    kept = model.ema.state_dict()
    assert kept.keys() == average.keys()
    for key, value in kept.items():
        torch.testing.assert_close(value, average[key], rtol=1e-5, atol=1e-7)


def test_the_average_takes_over_the_buffers_of_batch_norm(few_digits: Dataset) -> None:
    model = train("dcgan", few_digits, 3, ema_decay=0.8)
    buffers = dict(model.ema.named_buffers())
    assert buffers.keys() == dict(model.network.named_buffers()).keys()
    assert any("running_mean" in key for key in buffers)
    assert all(torch.equal(value, buffers[key]) for key, value in model.network.named_buffers())


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_samples_come_from_the_average(name: str, few_digits: Dataset) -> None:
    model = train(name, few_digits, 5, ema_decay=0.8)
    before = model.sample(10, seed=0)
    for parameter in model.network.parameters():
        parameter.data.zero_()
    assert torch.equal(model.sample(10, seed=0), before)


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_an_average_without_a_memory_is_the_net_itself(name: str, few_digits: Dataset) -> None:
    averaged, plain = (train(name, few_digits, 5, ema_decay=decay) for decay in (0.0, None))
    torch.testing.assert_close(averaged.sample(20, seed=0), plain.sample(20, seed=0))


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
    checkpoint_every: int | None, few_digits: Dataset
) -> None:
    logger, options = Entries(), TrainerOptions(log_every=4, checkpoint_every=checkpoint_every)
    make("vae", steps=10).fit(few_digits, seed=0, options=options, logger=logger)
    assert [step for step, _ in logger.kept] == [4, 8, 10]
    assert all(entry.keys() == {"train/loss", "train/reconstruction_loss", "train/kl"} for _, entry in logger.kept)


def test_the_logged_loss_is_that_of_the_step(few_digits: Dataset) -> None:
    logger = Entries()
    make("autoencoder", steps=1, batch_size=60).fit(few_digits, seed=0, logger=logger)
    untrained = make("autoencoder", steps=1)
    untrained.prepare(few_digits.spec, seed=0)
    loss = untrained.losses(few_digits.x.flatten(1))["loss"].detach()
    assert logger.kept[0][1]["train/loss"] == pytest.approx(float(loss), rel=1e-5)


def test_nothing_is_printed_and_nothing_is_written(few_digits: Dataset, capfd: pytest.CaptureFixture[str]) -> None:
    train("vae", few_digits, 5)
    assert "".join(capfd.readouterr()) == ""
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@MODELS
def test_on_a_gpu_it_is_trained_to_about_the_same_and_sampled_on_the_cpu(name: str, few_digits: Dataset) -> None:
    on_gpu, on_cpu = (train(name, few_digits, 10, options={"accelerator": device}) for device in ("gpu", "cpu"))
    assert {value.device.type for value in on_gpu.state_dict().values()} == {"cpu"}
    assert on_gpu.sample(10, seed=0).device.type == "cpu"
    pairs = zip(on_gpu.network.parameters(), on_cpu.network.parameters(), strict=True)
    # Ten steps of Adam move a weight by ten learning rates at most, in opposite directions at worst.
    assert all(torch.allclose(mine, theirs, rtol=0, atol=20 * 1e-3) for mine, theirs in pairs)
