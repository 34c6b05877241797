"""Each control draws as its definition says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.data.sources.toy import MixtureDensity
from synthmix.errors import InvalidInput, Unavailable
from synthmix.generators.controls import Bootstrap, Duplicate, Jitter, Real, Smote, Truth
from synthmix.generators.controls_config import JitterConfig, SmoteConfig
from synthmix.spec import DataSpec

LEVEL = 1e-4


def table(x: Tensor) -> Dataset:
    return Dataset(x, None, DataSpec("t", "table", tuple(x.shape[1:]), None, None))


@pytest.fixture
def numbered() -> Dataset:
    """37 points that say which they are."""
    return table(torch.arange(37.0)[:, None])


def counts(points: Tensor, n: int) -> np.ndarray:
    return np.bincount(points[:, 0].long(), minlength=n)


def test_the_counts_of_duplicates_differ_by_at_most_one_at_every_length(numbered: Dataset) -> None:
    points = Duplicate().fit(numbered, seed=0).sample(200, seed=0)
    for n in range(1, 201):
        seen = counts(points[:n], 37)
        assert seen.max() - seen.min() <= 1


def test_each_round_of_duplicates_has_an_order_of_its_own(numbered: Dataset) -> None:
    first, second, third = Duplicate().fit(numbered, seed=0).sample(111, seed=0).split(37)
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)


def test_every_point_comes_first_among_the_duplicates_equally_often(numbered: Dataset) -> None:
    generator = Duplicate().fit(numbered, seed=0)
    firsts = torch.cat([generator.sample(1, seed=seed) for seed in range(37 * 40)])
    assert stats.chisquare(counts(firsts, 37)).pvalue > LEVEL


def test_bootstrap_draws_each_point_equally_often(numbered: Dataset) -> None:
    points = Bootstrap().fit(numbered, seed=0).sample(37 * 100, seed=0)
    assert stats.chisquare(counts(points, 37)).pvalue > LEVEL


def test_the_counts_of_a_bootstrap_are_multinomial(numbered: Dataset) -> None:
    # Of n draws among n points each is left out with probability (1 − 1/n)ⁿ, and its count has variance 1 − 1/n.
    generator = Bootstrap().fit(numbered, seed=0)
    seen = np.stack([counts(generator.sample(37, seed=seed), 37) for seed in range(400)])
    assert np.mean(seen == 0) == pytest.approx((1 - 1 / 37) ** 37, abs=0.01)
    assert seen.var() == pytest.approx(1 - 1 / 37, abs=0.05)


def test_jitter_adds_normal_noise_of_the_given_share_of_the_spread() -> None:
    # Two points a hundred apart in one of two columns: variances 50² and 0, so that the noise is .01·√(50²/2).
    data = table(torch.tensor([[0.0, 0.0], [100.0, 0.0]]))
    points = Jitter(JitterConfig(noise=0.01)).fit(data, seed=0).sample(4000, seed=0)
    residuals = torch.stack([points[:, 0] - 100 * (points[:, 0] > 50), points[:, 1]], dim=1)
    deviation = 0.01 * np.sqrt(50**2 / 2)
    assert stats.kstest(residuals.flatten().numpy() / deviation, "norm").pvalue > LEVEL
    assert np.mean(points[:, 0].numpy() > 50) == pytest.approx(0.5, abs=0.04)


def test_jitter_has_the_variance_of_a_kernel_density_estimate(digits: Splits) -> None:
    data = table(digits.train.x.flatten(1))
    points = Jitter(JitterConfig(noise=0.5)).fit(data, seed=0).sample(5000, seed=0)
    expected = (1 + 0.5**2) * data.x.var(dim=0, correction=0).sum()
    assert float(points.var(dim=0).sum()) == pytest.approx(float(expected), rel=0.03)


def test_jitter_stays_in_the_range_of_the_data(digits: Splits) -> None:
    points = Jitter(JitterConfig(noise=1.0)).fit(digits.train, seed=0).sample(100, seed=0)
    assert (points.min(), points.max()) == (0.0, 1.0)


def test_a_smote_point_lies_between_a_point_and_one_of_its_neighbours() -> None:
    x = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    points = Smote(SmoteConfig(n_neighbors=3)).fit(table(x), seed=0).sample(400, seed=0)
    neighbours = torch.cdist(x, x).argsort(dim=1)[:, 1:4]
    start, end = x.repeat_interleave(3, dim=0), x[neighbours.flatten()]
    # Distance of each point to each of the 90 segments.
    along = ((points[:, None] - start) * (end - start)).sum(-1) / (end - start).square().sum(-1)
    foot = start + along.clamp(0, 1)[..., None] * (end - start)
    distance, segment = (points[:, None] - foot).norm(dim=-1).min(dim=1)
    assert distance.max() < 1e-5
    assert len(segment.unique()) > 80
    # A segment has either end as its start where two points are neighbours of each other, so u is as good as 1 − u.
    between = along[torch.arange(400), segment].numpy()
    assert stats.kstest(2 * np.minimum(between, 1 - between), "uniform").pvalue > LEVEL


def test_smote_takes_fewer_neighbours_where_there_are_no_more() -> None:
    points = (
        Smote(SmoteConfig(n_neighbors=5)).fit(table(torch.tensor([[0.0], [1.0], [3.0]])), seed=0).sample(100, seed=0)
    )
    assert (points.min() >= 0) & (points.max() <= 3)


def test_smote_of_images_has_their_shape_and_range(digits: Splits) -> None:
    points = Smote(SmoteConfig()).fit(digits.train, seed=0).sample(50, seed=0)
    assert points.shape == (50, 1, 8, 8)
    assert (points >= 0).all() & (points <= 1).all()


def test_the_oracle_gives_its_pool_in_order(digits: Splits) -> None:
    oracle = Real()
    oracle.fit(oracle.material(digits), seed=0)
    assert oracle.capacity == len(digits.pool) == 1197
    assert torch.equal(oracle.sample(1197, seed=3), digits.pool.x)


def test_the_oracle_has_no_more_than_its_pool(digits: Splits) -> None:
    oracle = Real().fit(digits.pool, seed=0)
    with pytest.raises(Unavailable, match="1198 real points asked for, the pool holds 1197"):
        oracle.sample(1198, seed=0)


@pytest.mark.parametrize("control", [Duplicate(), Bootstrap(), Jitter(JitterConfig()), Smote(SmoteConfig()), Truth()])
def test_only_the_oracle_is_fitted_on_the_pool(control: Duplicate, digits: Splits) -> None:
    assert control.material(digits) is digits.train
    assert control.capacity is None


def test_truth_has_the_moments_of_the_density_on_the_scale_of_train(four_modes: Splits) -> None:
    density = four_modes.train.density
    assert isinstance(density, MixtureDensity)
    points = Truth().fit(four_modes.train, seed=0).sample(20_000, seed=0).double()
    mean = density.weights @ density.means
    between = (density.means - mean).T @ torch.diag(density.weights) @ (density.means - mean)
    covariance = between + torch.einsum("k,kij,klj->il", density.weights, density.factors, density.factors)
    assert torch.allclose(points.mean(0), mean, atol=0.03)
    assert torch.allclose(points.T.cov(), covariance, atol=0.04)
    # Train was scaled to mean 0 and variance 1, and its density with it.
    assert torch.allclose(mean, torch.zeros(2, dtype=torch.float64), atol=0.3)


def test_truth_is_refused_where_none_is_known(digits: Splits) -> None:
    with pytest.raises(InvalidInput, match=r"model\.name=truth: data\.name=digits has no known density"):
        Truth().fit(digits.train, seed=0)
