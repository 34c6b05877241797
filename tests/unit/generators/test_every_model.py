"""What every member of conf/model must do, whatever it is: nested and fair prefixes, and the same bits again."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from synthmix.api import make_generator
from synthmix.config.cell import check
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.plain import plain
from synthmix.data.base import Splits
from synthmix.data.sources.text.corpus import Corpus
from synthmix.data.sources.text.documents import documents_of
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.generators.base import Generator

MODELS = sorted(path.stem for path in (conf_dir() / "model").glob("*.yaml"))
ORACLE = "real"  # its pool is in seeded order already, and no seed of a sample has a part in it
CHEAP = {"steps": 3, "batch_size": 16, "n_init": 1, "folds": 2}


def node(name: str) -> dict[str, Any]:
    with composer() as compose:
        found: dict[str, Any] = plain(compose([f"model={name}"]).model)
    return found


def suits_a_table(name: str) -> bool:
    with composer() as compose:
        config = compose([f"model={name}", "data=toy"])
    try:
        check(config)
    except InvalidInput:
        return False
    return True


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def splits(name: str, four_modes: Splits, digits: Splits) -> Splits:
    if name == "text_lm":
        return documents()
    return four_modes if suits_a_table(name) else digits


def documents() -> Splits:
    """News of four matters that have no word in common."""
    rng = np.random.default_rng(0)
    matters = ["goal match team win", "bank share price market", "film music award actor", "vote party poll minister"]
    texts = tuple(" ".join(rng.choice(matters[i % 4].split(), 12)) for i in range(200))
    corpus = Corpus(tuple(map(str, range(200))), texts, np.arange(200) % 4, tuple("abcd"))
    made = documents_of("text", corpus, 3, 2, 0.9, "english")
    return split(made, seed=0, n_train=100, n_val=20, n_test=20, n_reserve=0)


def fitted(name: str, splits: Splits, seed: int = 0) -> Generator:
    generator = make_generator(name, **{key: value for key, value in CHEAP.items() if key in node(name)})
    return generator.fit(generator.material(splits), seed=seed)


@pytest.fixture(scope="module")
def generator(name: str, splits: Splits) -> Generator:
    return fitted(name, splits)


def modes(points: Tensor, splits: Splits) -> Tensor:
    """The class whose real points are nearest on average."""
    assert splits.train.y is not None
    classes = splits.train.y.unique()
    means = torch.stack([splits.train.x[splits.train.y == label].flatten(1).mean(0) for label in classes])
    return torch.cdist(points.flatten(1), means).argmin(1)


def test_there_are_models() -> None:
    adversarial = {"gan", "lsgan", "hinge", "sngan", "wgan_gp", "r3gan", "dcgan"}
    controls = {"duplicate", "bootstrap", "jitter", "smote", ORACLE, "truth"}
    autoencoders = {"autoencoder", "denoising_autoencoder", "sparse_autoencoder", "conv_autoencoder"}
    variational = {"vae", "beta_vae", "conv_vae"}
    mixtures = {"gaussian", "gmm", "gmm_sgd", "bernoulli_mixture", "gaussian_naive_bayes_mixture"}
    assert adversarial | controls | autoencoders | variational | mixtures | {"flow_matching", "text_lm"} <= set(MODELS)


def test_a_sample_is_the_beginning_of_every_longer_one(generator: Generator) -> None:
    longest = generator.sample(1000, seed=5)
    for n in (0, 1, 100, 501, 999):
        assert torch.equal(generator.sample(n, seed=5), longest[:n])


def test_a_sample_has_the_shape_and_range_of_the_data(generator: Generator, splits: Splits) -> None:
    points, spec = generator.sample(100, seed=5), splits.train.spec
    assert points.shape == (100, *spec.shape)
    assert points.dtype == torch.float32
    low, high = spec.value_range or (-torch.inf, torch.inf)
    assert (points >= low).all()
    assert (points <= high).all()


@pytest.mark.parametrize("name", [name for name in MODELS if name != ORACLE], indirect=True, scope="module")
def test_another_seed_gives_another_sample(generator: Generator) -> None:
    assert not torch.equal(generator.sample(100, seed=5), generator.sample(100, seed=6))


def test_each_hundred_is_drawn_from_the_same_distribution(generator: Generator, splits: Splits) -> None:
    hundreds = modes(generator.sample(1000, seed=5), splits).view(10, 100)
    table = np.stack([np.bincount(hundred, minlength=10) for hundred in hundreds.numpy()])
    table = table[:, table.any(axis=0)]
    assert table.shape[1] == 1 or stats.chi2_contingency(table).pvalue > 1e-6


def test_fit_and_sample_leave_the_global_random_states_alone(name: str, splits: Splits) -> None:
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    fitted(name, splits).sample(10, seed=5)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])
    assert random.getstate() == states[2]


def test_the_global_random_states_do_not_touch_fit_and_sample(name: str, generator: Generator, splits: Splits) -> None:
    torch.rand(3), np.random.rand(3), random.random()
    assert torch.equal(fitted(name, splits).sample(100, seed=5), generator.sample(100, seed=5))


@pytest.mark.parametrize("name", [name for name in MODELS if "steps" in node(name)], indirect=True, scope="module")
def test_another_seed_of_the_training_gives_another_generator(name: str, generator: Generator, splits: Splits) -> None:
    assert not torch.equal(fitted(name, splits, seed=1).sample(100, seed=5), generator.sample(100, seed=5))
