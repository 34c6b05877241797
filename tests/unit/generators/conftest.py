"""What the generators are tried on: four modes far apart, digits, and small nets with a few steps of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.api import load_dataset
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.generators.autoencoder.coders import ConvCoders, MlpCoders
from synthmix.generators.autoencoder.coders_config import ConvCodersConfig, MlpCodersConfig
from synthmix.generators.autoencoder.config import AutoencoderConfig, VaeConfig
from synthmix.generators.autoencoder.model import Autoencoder, Vae
from synthmix.generators.flow.config import FlowMatchingConfig, VelocityNetworksConfig
from synthmix.generators.flow.model import FlowMatching
from synthmix.generators.flow.velocity import VelocityNetworks
from synthmix.generators.gan.config import ConvNetworksConfig, GanConfig, MlpNetworksConfig
from synthmix.generators.gan.model import Gan
from synthmix.generators.gan.networks import ConvNetworks, MlpNetworks
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.trained import TrainedGenerator

AUTOENCODER: dict[str, Any] = {"latent_dim": 3, "mixture_components": 2, "batch_size": 16, "steps": 2000}


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


def _make(name: str, networks: Any = None, **options: Any) -> TrainedGenerator:
    game: dict[str, Any] = {"latent_dim": 5, "batch_size": 16, "ema_decay": None} | options
    perceptrons = networks or MlpNetworks(MlpNetworksConfig(hidden=[16]))
    coders = networks or MlpCoders(MlpCodersConfig(hidden=[16]))
    coded = AUTOENCODER | options
    if name == "gan":
        return Gan(GanConfig(**game | {"ema_decay": 0.9} | options), perceptrons)
    if name == "dcgan":
        return Gan(GanConfig(**game), ConvNetworks(ConvNetworksConfig(width=2)))
    if name == "wgan_gp":
        return Gan(GanConfig(**{"loss": "wasserstein", "penalty": "gradient"} | game), perceptrons)
    if name == "denoising_autoencoder":
        return Autoencoder(AutoencoderConfig(**{"corruption": "masking"} | coded), coders)
    if name == "sparse_autoencoder":
        return Autoencoder(AutoencoderConfig(**{"sparsity": "kl"} | coded), coders)
    if name == "conv_vae":
        return Vae(VaeConfig(**coded), ConvCoders(ConvCodersConfig(width=2)))
    if name == "flow_matching":
        small = {"batch_size": 16, "evaluations": 4, "ema_decay": 0.9} | options
        return FlowMatching(FlowMatchingConfig(**small), VelocityNetworks(VelocityNetworksConfig(width=2, blocks=1)))
    return Vae(VaeConfig(**coded), coders) if name == "vae" else Autoencoder(AutoencoderConfig(**coded), coders)


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


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    """2,000 rows of train of a table of mixed columns that depend on each other, encoded."""
    rng = np.random.default_rng(0)
    age = np.clip(rng.gamma(4, 9, 3000) + 17, 17, 90).round().astype(int)
    degree = np.digitize(rng.normal(0.02 * (age - 50), 1), [-0.5, 0.5, 1.5])
    job = np.digitize(rng.normal(degree, 0.8), [0.3, 1.2, 2.2])
    gain = np.where(rng.random(3000) < 0.75, 0.0, rng.lognormal(6 + 0.5 * degree).round(2))
    frame = pd.DataFrame({
        "age": age,
        "degree": np.array(["basic", "school", "college", "doctor"])[degree],
        "job": np.array(["teller", "cook", "nurse", "lawyer"])[job],
        "gain": gain,
        "rich": np.where(rng.normal(0.7 * job, 1) > 1.5, "yes", "no"),
        "seen": pd.Timestamp("2020-01-01") + pd.to_timedelta(3 * (age - 17) + rng.integers(0, 200, 3000), unit="D"),
    })  # fmt: skip
    path = tmp_path_factory.mktemp("people") / "people.csv"
    frame.to_csv(path, index=False)
    columns = {"degree": ["basic", "school", "college", "doctor"]}
    table = load_dataset("table", path=path, columns=columns)
    return split(table, seed=0, n_train=2000, n_val=500, n_test=500, n_reserve=0)
