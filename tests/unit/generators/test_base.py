"""`sample` makes fair prefixes of whatever `draw` returns; the ex-post mixture and the controls keep all modes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.generators.base import Generator
from synthmix.seeds import generator_for

LEVEL = 1e-6  # of a test that is asked ten times for each of eight generators
AUTOENCODER = {"steps": 400, "networks": {"hidden": [32]}, "latent_dim": 2, "mixture_components": 6}
# A likelihood of unit variance blurs clusters whose columns have unit variance; a small β makes it a narrow one.
TRAINED: dict[str, dict[str, Any]] = {"autoencoder": AUTOENCODER, "vae": {**AUTOENCODER, "beta": 0.01}}


class OrderedByMode(Generator):
    """Returns its points mode by mode, as scikit-learn's `GaussianMixture.sample` does."""

    def fit(self, dataset: Dataset, *, seed: int) -> Self:
        assert dataset.y is not None
        self.spec, self.x, self.y = dataset.spec, dataset.x, dataset.y
        return self

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        rows = torch.randint(len(self.x), (n,), generator=rng)
        return self.x[rows[self.y[rows].argsort()]]


class NotPermuted(OrderedByMode):
    """The same with the permutation of `draw_block` left out."""

    def draw_block(self, index: int, seed: int) -> Tensor:
        return self.draw(self.block_size, generator_for(seed, "pool", index))


def mode_of(points: Tensor, four_modes: Splits) -> Tensor:
    """Number of the mode of each point: the clusters lie so far apart that the nearest mean decides."""
    train = four_modes.train
    means = torch.stack([train.x[train.y == label].mean(0) for label in range(4)])
    return torch.cdist(points, means).argmin(1)


def least_p(points: Tensor, four_modes: Splits) -> float:
    """The least p, over the hundreds of `points`, of the hypothesis that the modes have their shares in train."""
    assert four_modes.train.y is not None
    shares = np.bincount(four_modes.train.y, minlength=4) / len(four_modes.train)
    hundreds = mode_of(points, four_modes).view(-1, 100).numpy()
    return min(stats.chisquare(np.bincount(hundred, minlength=4), 100 * shares).pvalue for hundred in hundreds)


def test_prefixes_are_fair_although_the_draws_are_ordered_by_mode(four_modes: Splits) -> None:
    generator = OrderedByMode().fit(four_modes.train, seed=0)
    assert least_p(generator.sample(1000, seed=0), four_modes) > LEVEL


def test_without_the_permutation_the_same_test_fails(four_modes: Splits) -> None:
    generator = NotPermuted().fit(four_modes.train, seed=0)
    assert least_p(generator.sample(1000, seed=0), four_modes) < LEVEL


@pytest.mark.parametrize("name", ["duplicate", "bootstrap", "jitter", "smote", "truth", "real", "autoencoder", "vae"])
def test_each_hundred_holds_all_modes_in_their_shares(name: str, four_modes: Splits) -> None:
    generator = make_generator(name, **TRAINED.get(name, {}))
    generator.fit(generator.material(four_modes), seed=0)
    points = generator.sample(1000, seed=0)
    assert all(len(hundred.unique()) == 4 for hundred in mode_of(points, four_modes).view(-1, 100))
    assert least_p(points, four_modes) > LEVEL


def test_blocks_are_independent_of_each_other(four_modes: Splits) -> None:
    generator = OrderedByMode().fit(four_modes.train, seed=0)
    first, second = generator.sample(1000, seed=0).split(500)
    assert not torch.equal(first, second)


def test_a_sample_of_none_is_empty(four_modes: Splits) -> None:
    assert OrderedByMode().fit(four_modes.train, seed=0).sample(0, seed=0).shape == (0, 2)
