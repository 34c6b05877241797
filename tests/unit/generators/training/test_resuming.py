"""A training that goes on from a checkpoint comes to the bits of an undisturbed one, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.generators.autoencoder.coders import MlpCoders
from synthmix.generators.autoencoder.coders_config import MlpCodersConfig
from synthmix.generators.gan.config import MlpNetworksConfig
from synthmix.generators.gan.networks import MlpNetworks

MODELS = pytest.mark.parametrize(
    "name", ["gan", "dcgan", "wgan_gp", "vae", "autoencoder", "denoising_autoencoder", "conv_vae", "flow_matching"]
)
CHECKPOINT = "checkpoints/last.ckpt"  # in the test's own working folder


@MODELS
def test_a_resumed_training_comes_to_the_bits_of_an_undisturbed_one(
    name: str, few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    straight = train(name, few_digits, 20)
    train(name, few_digits, 10, options={"checkpoint_every": 10})
    resumed = train(name, few_digits, 20, options={"resume_from": CHECKPOINT, "checkpoint_every": 10})
    assert resumed.steps_done == 20
    assert equal(resumed, straight)


@pytest.mark.parametrize(("every", "then"), [(10, None), (4, 4), (3, 7), (10, 20), (7, 3), (10, 1)])
def test_it_may_be_resumed_with_another_distance_of_checkpoints(
    every: int, then: int | None, few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    train("dcgan", few_digits, 10, options={"checkpoint_every": every})
    resumed = train("dcgan", few_digits, 23, options={"resume_from": CHECKPOINT, "checkpoint_every": then})
    assert resumed.steps_done == 23
    assert equal(resumed, train("dcgan", few_digits, 23))


def test_checkpoints_on_the_way_change_nothing(
    few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    assert equal(train("vae", few_digits, 10, options={"checkpoint_every": 3}), train("vae", few_digits, 10))


def test_resuming_a_training_that_is_done_gives_it_back(
    few_digits: Dataset, train: Callable[..., Any], equal: Callable[..., bool]
) -> None:
    done = train("dcgan", few_digits, 10, options={"checkpoint_every": 5})
    assert equal(train("dcgan", few_digits, 10, options={"resume_from": CHECKPOINT}), done)


@MODELS
def test_a_checkpoint_loads_without_unpickling_objects(
    name: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    train(name, few_digits, 4, options={"checkpoint_every": 4})
    checkpoint = torch.load(CHECKPOINT, weights_only=True)
    assert checkpoint["synthmix"]["steps_done"] == 4


@pytest.fixture
def checkpoint(few_digits: Dataset, train: Callable[..., Any]) -> str:
    train("vae", few_digits, 10, options={"checkpoint_every": 10})
    return CHECKPOINT


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"learning_rate": 2e-3}, "learning_rate=0.001; this training has 0.002"),
        ({"beta": 2.0}, "beta=1.0; this training has 2.0"),
        ({"batch_size": 8}, "batch_size=16; this training has 8"),
        ({"ema_decay": 0.5}, "ema_decay=None; this training has 0.5"),
        ({"seed": 1}, "seed=0; this training has 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_other_settings_is_refused(
    checkpoint: str, other: dict[str, Any], key: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidInput, match=rf"trainer\.resume_from: the checkpoint was made with {key}"):
        train("vae", few_digits, 20, options={"resume_from": checkpoint}, **other)


@pytest.mark.parametrize(
    ("name", "networks"),
    [("gan", MlpNetworks(MlpNetworksConfig(hidden=[17]))), ("vae", MlpCoders(MlpCodersConfig(hidden=[17])))],
)
def test_a_checkpoint_of_other_nets_is_refused(
    name: str, networks: object, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    train(name, few_digits, 4, options={"checkpoint_every": 4})
    with pytest.raises(InvalidInput, match=r"hidden=\[16\].*hidden=\[17\]"):
        train(name, few_digits, 8, options={"resume_from": CHECKPOINT}, networks=networks)


def test_a_checkpoint_of_other_points_of_the_same_data_set_is_refused(
    checkpoint: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidInput, match="points=60; this training has 59"):
        train("vae", few_digits.take(slice(1, 60)), 20, options={"resume_from": checkpoint})
    with pytest.raises(InvalidInput, match="digest="):
        train("vae", replace(few_digits, x=few_digits.x.flip(0)), 20, options={"resume_from": checkpoint})


def test_a_checkpoint_that_is_further_than_the_training_shall_go_is_refused(
    checkpoint: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidInput, match="has done 10 steps; must be ≤ 9"):
        train("vae", few_digits, 9, options={"resume_from": checkpoint})


def test_a_file_that_is_no_checkpoint_of_a_training_is_refused(few_digits: Dataset, train: Callable[..., Any]) -> None:
    torch.save({"model": {"name": "vae"}, "state": {}}, "generator.pt")
    with pytest.raises(InvalidInput, match=r"trainer\.resume_from=generator\.pt: must be the checkpoint of a training"):
        train("vae", few_digits, 4, options={"resume_from": "generator.pt"})


class Touch:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("touched"),)


def test_a_checkpoint_with_code_in_it_is_not_run(
    checkpoint: str, few_digits: Dataset, train: Callable[..., Any]
) -> None:
    torch.save(torch.load(checkpoint, weights_only=True) | {"code": Touch()}, "poisoned.ckpt")
    with pytest.raises(InvalidInput, match="not a checkpoint of torch"):
        train("vae", few_digits, 20, options={"resume_from": "poisoned.ckpt"})
    assert not Path("touched").exists()
