"""What the generators are tried on: four modes far apart, digits, and small nets with a few steps of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from synthmix.api import load_dataset
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.generators.autoencoder.coders import ConvCoders, MlpCoders
from synthmix.generators.autoencoder.model import Autoencoder, Vae
from synthmix.generators.flow.model import FlowMatching
from synthmix.generators.flow.velocity import VelocityNetworks
from synthmix.generators.gan.model import Gan
from synthmix.generators.gan.networks import ConvNetworks, MlpNetworks
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.trained import TrainedGenerator

AUTOENCODER = {"networks": MlpCoders([16]), "latent_dim": 3, "mixture_components": 2, "batch_size": 16}


@pytest.fixture(scope="session")
def four_modes() -> Splits:
    """200 points of train and a pool of 2,800, of four round clusters at 15 standard deviations or more, scaled."""
    toy = load_dataset("toy", shape="blobs", n_clusters=4, separation=15.0, n_points=3200)
    return split(toy, seed=0, n_train=200, n_val=100, n_test=100, n_reserve=0)


@pytest.fixture(scope="session")
def digits() -> Splits:
    """400 digits of train and a pool of 1,197."""
    return split(load_dataset("digits"), seed=0, n_train=400, n_val=100, n_test=100, n_reserve=0)


@pytest.fixture
def few_digits(digits: Splits) -> Dataset:
    """60 digits, for trainings of a few steps."""
    return digits.train.take(slice(0, 60))


def _make(name: str, **options: Any) -> TrainedGenerator:
    game: dict[str, Any] = {"latent_dim": 5, "batch_size": 16, "penalty": "r1_r2", "penalty_weight": 10.0}
    if name == "gan":
        return Gan(**{**game, "networks": MlpNetworks([16]), "ema_decay": 0.9, **options})
    if name == "dcgan":
        return Gan(**{**game, "networks": ConvNetworks(width=2), **options})
    if name == "wgan_gp":
        return Gan(**{**game, "networks": MlpNetworks([16]), "loss": "wasserstein", "penalty": "gradient", **options})
    if name == "denoising_autoencoder":
        return Autoencoder(**{**AUTOENCODER, "corruption": "masking", **options})
    if name == "sparse_autoencoder":
        return Autoencoder(**{**AUTOENCODER, "sparsity": "kl", **options})
    if name == "conv_vae":
        return Vae(**{**AUTOENCODER, "networks": ConvCoders(width=2), **options})
    if name == "flow_matching":
        networks = VelocityNetworks(width=2, blocks=1)
        return FlowMatching(**{"networks": networks, "batch_size": 16, "evaluations": 4, "ema_decay": 0.9, **options})
    return {"vae": Vae, "autoencoder": Autoencoder}[name](**{**AUTOENCODER, **options})


@pytest.fixture
def make() -> Callable[..., TrainedGenerator]:
    """A small net: `make("vae", steps=5)`."""
    return _make


@pytest.fixture
def train() -> Callable[..., TrainedGenerator]:
    """A small net, trained: `train("vae", data, steps)`, with `options` of the trainer and others of the model."""

    def train(
        name: str, data: Dataset, steps: int, seed: int = 0, options: dict[str, Any] | None = None, **model: Any
    ) -> TrainedGenerator:
        return _make(name, steps=steps, **model).fit(data, seed=seed, options=TrainerOptions(**(options or {})))

    return train


@pytest.fixture
def equal() -> Callable[[TrainedGenerator, TrainedGenerator], bool]:
    """Whether two generators have the same weights and buffers to the last bit."""

    def equal(one: TrainedGenerator, other: TrainedGenerator) -> bool:
        mine, theirs = one.state_dict(), other.state_dict()
        return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)

    return equal
