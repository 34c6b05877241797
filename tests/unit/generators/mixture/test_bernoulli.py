"""Bernoulli mixtures: the likelihood by its definition, EM's rise, and a known mixture found again."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.generators.mixture.bernoulli import (
    BernoulliMixture,
    BernoulliMixtureGenerator,
    clusters,
    fit_bernoulli_mixture,
    log_joint,
)
from synthmix.generators.mixture.config import BernoulliMixtureConfig
from synthmix.spec import DataSpec

WEIGHTS = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
PROBABILITIES = torch.tensor(
    [[0.9] * 4 + [0.1] * 8, [0.1] * 4 + [0.9] * 4 + [0.1] * 4, [0.2] * 8 + [0.8] * 4], dtype=torch.float64
)


def fit(
    points: Tensor, n_components: int, smoothing: float = 0.5, max_iterations: int = 300, tolerance: float = 1e-7
) -> BernoulliMixture:
    start = clusters(points, n_components, seed=0)
    return fit_bernoulli_mixture(points, start, smoothing, max_iterations, tolerance)


def black_and_white(n: int) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    which = torch.multinomial(WEIGHTS, n, replacement=True, generator=rng)
    return torch.bernoulli(PROBABILITIES[which], generator=rng)


def images(points: Tensor, low: float = 0.0, high: float = 1.0) -> Dataset:
    x = (low + points * (high - low)).float().view(-1, 1, 3, 4)
    return Dataset(x, None, DataSpec("i", "image", (1, 3, 4), (low, high), None))


def test_the_likelihood_is_that_of_its_definition() -> None:
    x = [0.0, 1.0, 0.25]
    weights, probabilities = [0.4, 0.6], [[0.1, 0.5, 0.9], [0.7, 0.2, 0.3]]
    joint = log_joint(torch.tensor([x]).double(), torch.tensor(weights).double(), torch.tensor(probabilities).double())
    for k in range(2):
        product = weights[k] * math.prod(p**v * (1 - p) ** (1 - v) for p, v in zip(probabilities[k], x, strict=True))
        assert float(joint[0, k]) == pytest.approx(math.log(product), rel=1e-6)


def test_the_probabilities_of_all_black_and_white_points_add_up_to_one() -> None:
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=12)), dtype=torch.float64)
    assert float(log_joint(every, WEIGHTS, PROBABILITIES).exp().sum()) == pytest.approx(1)


def test_points_that_no_component_explains_keep_a_finite_likelihood() -> None:
    far = torch.full((1, 12), 1e-300, dtype=torch.float64)
    assert log_joint(torch.ones(1, 12).double(), torch.ones(1).double(), far).logsumexp(1).isfinite().all()


@pytest.mark.parametrize("smoothing", [1e-6, 0.5, 5.0])
def test_what_em_maximises_never_falls(smoothing: float) -> None:
    points = torch.rand(200, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = fit(points, 5, smoothing, max_iterations=100, tolerance=0.0)
    assert np.diff(found.objectives).min() > -1e-12
    assert found.objectives[-1] > found.objectives[0]


def test_a_known_mixture_is_found_again() -> None:
    found = fit(black_and_white(4000), 3)
    order = torch.cdist(PROBABILITIES, found.probabilities).argmin(1)
    assert sorted(order.tolist()) == [0, 1, 2]
    torch.testing.assert_close(found.weights[order], WEIGHTS, rtol=0, atol=0.03)
    torch.testing.assert_close(found.probabilities[order], PROBABILITIES, rtol=0, atol=0.05)


def test_one_component_is_the_smoothed_mean() -> None:
    points = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 0.5]], dtype=torch.float64)
    found = fit(points, 1, smoothing=2.0)
    torch.testing.assert_close(found.probabilities, torch.tensor([[2.0, 4.5]], dtype=torch.float64) / 7)


def test_an_update_is_the_textbooks() -> None:
    points = black_and_white(50)
    start, one = (fit(points, 2, max_iterations=k, tolerance=0.0) for k in (0, 1))
    counts = np.zeros(2)
    ones = np.zeros((2, 12))
    for x in points.numpy():  # Bishop 2006, equations 9.56 to 9.60, point by point
        likelihood = [
            float(start.weights[k]) * np.prod(np.where(x > 0, p := start.probabilities[k].numpy(), 1 - p))
            for k in range(2)
        ]
        share = np.array(likelihood) / sum(likelihood)
        counts += share
        ones += share[:, None] * x
    np.testing.assert_allclose(one.weights.numpy(), counts / 50, rtol=1e-10)
    np.testing.assert_allclose(one.probabilities.numpy(), (ones + 0.5) / (counts[:, None] + 1), rtol=1e-10)


@pytest.mark.parametrize("criterion", ["bic", "cv_log_likelihood"])
def test_the_known_number_of_components_is_chosen(criterion: str) -> None:
    generator = BernoulliMixtureGenerator(BernoulliMixtureConfig(n_components=[1, 2, 3, 5, 8], select_by=criterion))  # type: ignore[arg-type]
    generator.fit(images(black_and_white(1500)))
    assert len(generator.weights) == 3


def test_samples_are_black_and_white_at_the_ends_of_the_range_with_the_moments_of_the_mixture() -> None:
    data = images(black_and_white(2000), low=-1.0, high=3.0)
    generator = BernoulliMixtureGenerator(BernoulliMixtureConfig(n_components=[3])).fit(data)
    points = generator.sample(4000, 0)
    assert set(points.unique().tolist()) == {-1.0, 3.0}
    torch.testing.assert_close(points.mean(0), data.x.mean(0), rtol=0, atol=0.15)
    pairs = [((x.flatten(1) + 1) / 4).T.cov() for x in (points, data.x)]
    torch.testing.assert_close(*pairs, rtol=0, atol=0.025)


def test_the_range_makes_no_difference_to_the_likelihood(digits: Splits) -> None:
    stretched = Dataset(digits.train.x * 16 - 4, None, DataSpec("s", "image", (1, 8, 8), (-4.0, 12.0), None))
    one, other = (
        BernoulliMixtureGenerator(BernoulliMixtureConfig(n_components=[4])).fit(data)
        for data in (digits.train, stretched)
    )
    torch.testing.assert_close(one.score_samples(digits.train.x), other.score_samples(stretched.x), rtol=1e-5, atol=0)


def test_fewer_distinct_points_than_components_are_no_error() -> None:
    points = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(10, 1).double()
    assert math.isfinite(fit(points, 4).log_likelihood(points))


def test_values_without_bounds_are_refused() -> None:
    table = Dataset(torch.randn(20, 3), None, DataSpec("customers", "table", (3,), None, None))
    with pytest.raises(ValueError, match="customers has values without bounds"):
        make_generator("bernoulli_mixture").fit(table, seed=0)
