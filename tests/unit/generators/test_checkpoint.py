"""A trained generator that is saved and loaded samples the same points."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import torch
from torch import Tensor

from synthmix.api import load_generator
from synthmix.config.cell import check_member
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.plain import plain
from synthmix.data.base import Dataset, Splits
from synthmix.generators.autoencoder.model import Autoencoder
from synthmix.generators.base import Generator, Scoring
from synthmix.generators.checkpoint import read_checkpoint, save_generator
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions

FEW_STEPS = {"steps": 3, "batch_size": 16}
MIXTURE = {**FEW_STEPS, "mixture_components": 2}
CASES = {
    "gan": ("gan", {**FEW_STEPS, "ema_decay": 0.9}),
    "dcgan": ("dcgan", FEW_STEPS),
    "dcgan with an average": ("dcgan", {**FEW_STEPS, "ema_decay": 0.9}),
    "autoencoder": ("autoencoder", MIXTURE),
    "autoencoder with an average": ("autoencoder", {**MIXTURE, "ema_decay": 0.9}),
    "flow matching": ("flow_matching", FEW_STEPS),
    "vae": ("vae", MIXTURE),
    "vae with the prior": ("vae", {**FEW_STEPS, "latent_density": "prior"}),
    "gmm, full": ("gmm", {"n_components": [2], "covariance": ["full"], "pca_variance": 0.5}),
    "gmm, tied": ("gmm", {"n_components": [3], "covariance": ["tied"]}),
    "gmm, diagonal": ("gmm", {"n_components": [3], "covariance": ["diag"], "pca_variance": None}),
    "gmm, spherical": ("gmm", {"n_components": [3], "covariance": ["spherical"]}),
    "bernoulli_mixture": ("bernoulli_mixture", {"n_components": [3]}),
    "gmm_sgd": ("gmm_sgd", {**FEW_STEPS, "n_components": 3}),
    "gmm_sgd, full, with an average": (
        "gmm_sgd",
        {**FEW_STEPS, "n_components": 2, "covariance": "full", "ema_decay": 0.9},
    ),
}


def node_of(name: str) -> dict[str, Any]:
    with composer() as compose:
        found: dict[str, Any] = plain(compose([f"model={name}"]).model)
    return found


def saved(name: str, changes: dict[str, Any], data: Dataset, path: Path) -> LearnedGenerator:
    node = node_of(name) | changes
    generator: LearnedGenerator = instantiate(check_member(node, "model"))
    generator.fit(data, seed=3)
    assert save_generator(generator, node, path) == path
    return generator


@pytest.mark.parametrize("case", CASES)
def test_a_loaded_generator_samples_the_same_points(case: str, few_digits: Dataset, tmp_path: Path) -> None:
    generator = saved(*CASES[case], few_digits, tmp_path / "generator.pt")
    loaded = load_generator(str(tmp_path / "generator.pt"))
    assert (type(loaded), loaded.spec, loaded.seed) == (type(generator), generator.spec, 3)
    assert torch.equal(loaded.sample(100, seed=5), generator.sample(100, seed=5))
    if isinstance(generator, Autoencoder):
        assert isinstance(loaded, Autoencoder)
        assert torch.equal(loaded.encode(few_digits.x), generator.encode(few_digits.x))
    if isinstance(generator, Scoring):
        assert isinstance(loaded, Scoring)
        assert torch.equal(loaded.score_samples(few_digits.x), generator.score_samples(few_digits.x))


def test_a_table_generator_is_loaded_too(four_modes: Splits, tmp_path: Path) -> None:
    generator = saved("gan", FEW_STEPS, four_modes.train, tmp_path / "generator.pt")
    loaded = load_generator(str(tmp_path / "generator.pt"))
    assert loaded.spec == generator.spec
    assert torch.equal(loaded.sample(100, seed=5), generator.sample(100, seed=5))


def test_the_file_holds_no_pickled_object(few_digits: Dataset, tmp_path: Path) -> None:
    saved("vae", MIXTURE, few_digits, tmp_path / "generator.pt")
    content = torch.load(tmp_path / "generator.pt", weights_only=True)
    assert content["model"]["name"] == "vae"
    assert content["spec"]["shape"] == (1, 8, 8)


def test_a_file_without_the_data_is_small(digits: Splits, tmp_path: Path) -> None:
    saved("gan", FEW_STEPS, digits.train, tmp_path / "generator.pt")
    # Weights and biases of 64-128-256-64, their average, and 64-256-128-1, in float32, and some room for names.
    generator, discriminator = 65 * 128 + 129 * 256 + 257 * 64, 65 * 256 + 257 * 128 + 129
    assert (tmp_path / "generator.pt").stat().st_size < 4 * (2 * generator + discriminator) + 20_000


def test_loading_leaves_the_global_random_state_alone(few_digits: Dataset, tmp_path: Path) -> None:
    saved("gan", FEW_STEPS, few_digits, tmp_path / "generator.pt")
    before = torch.get_rng_state()
    load_generator(str(tmp_path / "generator.pt"))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loaded_generator_can_be_trained_again(few_digits: Dataset, tmp_path: Path) -> None:
    generator = saved("dcgan", FEW_STEPS, few_digits, tmp_path / "generator.pt")
    loaded = load_generator(str(tmp_path / "generator.pt"))
    loaded.fit(few_digits, seed=3, options=TrainerOptions())
    assert torch.equal(loaded.sample(20, seed=5), generator.sample(20, seed=5))


def test_content_restores_a_generator_without_a_file(few_digits: Dataset, tmp_path: Path) -> None:
    node = node_of("vae") | MIXTURE
    generator: LearnedGenerator = instantiate(check_member(node, "model"))
    generator.fit(few_digits, seed=3)
    loaded = instantiate(check_member(node, "model")).load_state(generator.state())
    assert torch.equal(loaded.sample(100, seed=5), generator.sample(100, seed=5))
    content = read_checkpoint(save_generator(generator, node, tmp_path / "generator.pt"))
    assert content["model"] == node
    assert torch.equal(
        instantiate(check_member(node, "model")).load_state(content).sample(100, seed=5), generator.sample(100, seed=5)
    )


class Moments(Generator):
    """A user's own generator, which keeps values under names that a checkpoint has too."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        self.spec, self.seed = dataset.spec, seed
        self.model, self.state_dict = {"mean": dataset.x.mean(0), "shape": (1, [2.5, None])}, "text"
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        return self.model["mean"] + torch.randn(n, *self.spec.shape, generator=rng)


def test_a_users_own_generator_is_saved_and_loaded_too(four_modes: Splits, tmp_path: Path) -> None:
    fitted = Moments().fit(four_modes.train, seed=3)
    content = read_checkpoint(save_generator(fitted, {"_target_": "mylab.Moments"}, tmp_path / "generator.pt"))
    loaded = Moments().load_state(content)
    assert content["model"] == {"_target_": "mylab.Moments"}
    assert (loaded.spec, loaded.seed, loaded.state_dict) == (fitted.spec, 3, "text")
    assert loaded.model["shape"] == fitted.model["shape"]
    assert torch.equal(loaded.sample(600, seed=5), fitted.sample(600, seed=5))


@pytest.mark.parametrize(
    "learnt", [object(), torch.nn.Linear(1, 1), np.zeros(2), {1: 2}, [{"a": {1, 2}}], torch.nn.Parameter(torch.ones(1))]
)
def test_what_cannot_be_written_down_is_no_state(learnt: object, four_modes: Splits) -> None:
    fitted = Moments().fit(four_modes.train, seed=3)
    assert fitted.state() is not None
    fitted.helper = learnt  # type: ignore[attr-defined]
    assert fitted.state() is None
