"""The exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.trained import TrainedGenerator

Weights = dict[str, Tensor]


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
def test_the_average_follows_its_recursion(name: str, few_digits: Dataset, make: Callable[..., Any]) -> None:
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


def test_the_average_takes_over_the_buffers_of_batch_norm(few_digits: Dataset, train: Callable[..., Any]) -> None:
    model = train("dcgan", few_digits, 3, ema_decay=0.8)
    buffers = dict(model.ema.named_buffers())
    assert buffers.keys() == dict(model.network.named_buffers()).keys()
    assert any("running_mean" in key for key in buffers)
    assert all(torch.equal(value, buffers[key]) for key, value in model.network.named_buffers())


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_samples_come_from_the_average(name: str, few_digits: Dataset, train: Callable[..., Any]) -> None:
    model = train(name, few_digits, 5, ema_decay=0.8)
    before = model.sample(10, seed=0)
    for parameter in model.network.parameters():
        parameter.data.zero_()
    assert torch.equal(model.sample(10, seed=0), before)


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_an_average_without_a_memory_is_the_net_itself(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    averaged, plain = (train(name, few_digits, 5, ema_decay=decay) for decay in (0.0, None))
    torch.testing.assert_close(averaged.sample(20, seed=0), plain.sample(20, seed=0))
