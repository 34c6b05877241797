"""Population intervals, against sets that are drawn from a known population and against the rule of the split."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats

from synthmix.analysis.data_sets.population import Overlap, overlap, population_error, population_interval, truth
from synthmix.analysis.statistics import t_interval
from synthmix.data.base import Splits, assemble
from synthmix.data.split import split
from synthmix.spec import DataSpec

Array = NDArray[np.float64]


def parts(seed: int, *, official: bool) -> Splits:
    x = torch.arange(400.0)[:, None]  # a point is its own number, up to the scaling
    spec = DataSpec("numbered", "table", (1,), None, None)
    y = torch.zeros(200, dtype=torch.int64)
    dataset = assemble(spec, x[:200], y, test=(x[200:], y) if official else None)
    return split(dataset, seed=seed, n_train=60, n_val=40, n_test=None if official else 30, n_reserve=20)


def seeds_of(n_points: int, m: int, v: int, seeds: int, rng: np.random.Generator, noise: float) -> tuple[Array, Array]:
    """Means over test and val of one finite set of standard normal points, and a training's own noise: truth 0."""
    points = rng.standard_normal(n_points)
    order = rng.permuted(np.tile(np.arange(n_points), (seeds, 1)), axis=1)
    own = noise * rng.standard_normal(seeds)
    return points[order[:, :m]].mean(axis=1) + own, points[order[:, m : m + v]].mean(axis=1) + own


def test_overlap_is_that_of_the_split() -> None:
    given = overlap(n_points=180, n_train=60, n_val=40, n_test=30, official_test=False)
    assert given == Overlap(train=60 / 180, val=40 / 180, test=30 / 180)
    assert overlap(n_points=180, n_train=60, n_val=40, n_test=200, official_test=True).test == 1


@pytest.mark.parametrize(("m", "v"), [(40, 40), (60, 20), (20, 60)])
def test_ends_cover_the_population_where_those_of_t_do_not(m: int, v: int) -> None:
    rng = np.random.default_rng(m)
    shared = overlap(n_points=200, n_train=50, n_val=v, n_test=m, official_test=False)
    sets = [seeds_of(200, m, v, 20, rng, noise=0.05) for _ in range(1500)]
    test, val = (np.column_stack(part) for part in zip(*sets, strict=True))
    low, high = population_interval(test, val, shared)
    plain = stats.t.interval(0.95, 19, test.mean(axis=0), stats.sem(test))
    assert 0.93 <= np.mean((low <= 0) & (high >= 0)) <= 0.97
    assert np.mean((plain[0] <= 0) & (plain[1] >= 0)) < 0.85


def test_noise_of_a_training_alone_leaves_the_interval_as_it_is() -> None:
    own = np.random.default_rng(0).standard_normal((12, 3))
    low, high = population_interval(own, own, Overlap(train=0.3, val=0.2, test=0.2))
    expected = [t_interval(column) for column in own.T]
    assert np.column_stack([low, high]) == pytest.approx(np.array(expected))


def test_an_official_test_set_is_taken_as_given() -> None:
    rng = np.random.default_rng(1)
    test, val = rng.standard_normal((2, 9, 1))
    low, high = population_interval(test, val, Overlap(train=0.1, val=0.2, test=1.0), 0.9)
    assert (low[0], high[0]) == pytest.approx(t_interval(test[:, 0], 0.9))


def test_degrees_of_freedom_are_those_of_the_sum_of_both_variances() -> None:
    # Two uncorrelated contrasts over four seeds, of sums of squares 4 and 1: d = a and d_test − d_val = b.
    a, b = np.array([1.0, -1, 1, -1]), np.array([0.5, 0.5, -0.5, -0.5])
    low, high = population_interval(a[:, None], (a - b)[:, None], Overlap(train=0, val=0.25, test=0.25))
    of_mean, of_test = 4 / 3 / 4, 0.25 * 0.5 * 1 / 3
    degrees = (of_mean + of_test) ** 2 / (of_mean**2 / 3 + of_test**2 / 3)
    half = stats.t.ppf(0.975, degrees) * np.sqrt(of_mean + of_test)
    assert (low[0], high[0]) == pytest.approx((-half, half))


def test_two_variances_of_the_same_numbers_have_their_degrees_of_freedom() -> None:
    d = np.array([[1.0], [2.0], [4.0], [7.0]])
    low, high = population_interval(d, np.zeros_like(d), Overlap(train=0, val=0.25, test=0.25))
    variance = d.var(ddof=1)
    assert (high - low)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 3) * np.sqrt(variance / 4 + 0.25 * variance / 2))


def test_the_error_is_the_spread_of_the_means_of_many_sets() -> None:
    rng = np.random.default_rng(3)
    shared = overlap(n_points=100, n_train=40, n_val=30, n_test=20, official_test=False)
    sets = [seeds_of(100, 20, 30, 10, rng, noise=0.1) for _ in range(3000)]
    test, val = (np.column_stack(part) for part in zip(*sets, strict=True))
    error, degrees = population_error(test, val, shared)
    assert np.mean(error**2) == pytest.approx(test.mean(axis=0).var(), rel=0.06)
    assert ((degrees >= 9) & (degrees <= 18)).all()


def test_equal_differences_have_no_width_and_one_seed_has_no_interval() -> None:
    shared = Overlap(train=0.1, val=0.2, test=0.2)
    low, high = population_interval(np.full((5, 2), 0.25), np.full((5, 2), 0.5), shared)
    assert low.tolist() == high.tolist() == [0.25, 0.25]
    assert np.isnan(population_interval([[0.1, 0.2]], [[0.1, 0.2]], shared)).all()


def test_truth_names_what_seeds_share() -> None:
    assert "data set, not of the population" in truth(Overlap(train=0.25, val=0.2, test=0.2))
    assert "25% of their train points and 20% of their test points" in truth(Overlap(train=0.25, val=0.2, test=0.2))
    assert "official test set, which all seeds share" in truth(Overlap(train=0.02, val=0.2, test=1.0))


@pytest.mark.parametrize("official", [False, True])
def test_overlap_is_what_seeds_of_the_split_share(official: bool) -> None:
    cut = [parts(seed, official=official) for seed in range(40)]
    given = overlap(n_points=180, n_train=60, n_val=40, n_test=30, official_test=official)
    for part, expected in (("train", given.train), ("val", given.val), ("test", given.test)):
        members = [numbers(one, part) for one in cut]
        shared = [len(a & b) / len(a) for position, a in enumerate(members) for b in members[:position]]
        assert np.mean(shared) == pytest.approx(expected, abs=0.01)


def numbers(cut: Splits, part: str) -> set[float]:
    """The points of a part before they were scaled."""
    assert cut.scaling is not None
    x = getattr(cut, part).x
    return {round(float(value)) for value in cut.scaling.undone(x).flatten()}
