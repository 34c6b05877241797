"""Intervals and tests, against scipy, against enumeration by hand and against what they promise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synthmix.analysis.statistics import (
    ALPHA,
    MAX_EXACT,
    sign_flip_p,
    smallest_p,
    t_interval,
)
from synthmix.analysis.verdicts.planning import fewest_seeds
from synthmix.analysis.verdicts.simultaneous import sign_flip_tests

RNG = np.random.default_rng(7)


def enumerated_p(differences: list[float]) -> float:
    """The share of all sign patterns whose sum is at least as large, by going through them."""
    observed = abs(math.fsum(differences))
    sums = [
        abs(math.fsum(sign * d for sign, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]
    return sum(s >= observed - 1e-9 for s in sums) / len(sums)


@pytest.mark.parametrize("size", [2, 3, 10, 120])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_t_interval_is_that_of_scipy(size: int, level: float) -> None:
    values = RNG.normal(0.1, 0.05, size)
    expected = stats.ttest_1samp(values, 0).confidence_interval(level)
    assert t_interval(values, level) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_equal_values_have_an_interval_without_width() -> None:
    assert t_interval([0.25] * 10) == (0.25, 0.25)


@pytest.mark.parametrize("values", [[], [0.3]])
def test_fewer_than_two_values_have_no_interval(values: list[float]) -> None:
    assert all(map(math.isnan, t_interval(values)))


@pytest.mark.parametrize("size", [2, 5, 9, 12])
def test_sign_flip_is_that_of_scipy(size: int) -> None:
    values = RNG.normal(0.3, 1, size)
    exact = stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(values) == pytest.approx(exact.pvalue)


@given(st.lists(st.integers(-4, 4).map(lambda i: i / 10), min_size=1, max_size=8))
def test_ties_and_zeros_count_as_in_an_enumeration(differences: list[float]) -> None:
    """Tenths have no exact binary form: sums that are equal on paper differ in their last digits."""
    assert sign_flip_p(differences) == pytest.approx(enumerated_p(differences))


def test_one_side_only_is_the_smallest_p() -> None:
    assert sign_flip_p([0.1] * 10) == 2**-9
    assert sign_flip_p([-0.3, -0.1, -0.2]) == 0.25
    assert sign_flip_p(np.full(MAX_EXACT, 0.1)) == 2.0 ** (1 - MAX_EXACT)


def test_no_difference_at_all() -> None:
    assert sign_flip_p(np.zeros(10)) == 1
    assert sign_flip_p(np.zeros(100)) == 1
    assert math.isnan(sign_flip_p([]))


def test_beyond_enumeration_p_is_sampled_and_repeatable() -> None:
    values = RNG.normal(0.2, 1, 120)
    # With so many differences the sum under random signs is normal with variance Σd².
    normal = 2 * stats.norm.sf(abs(values.sum()) / math.sqrt((values**2).sum()))
    assert sign_flip_p(values) == pytest.approx(normal, rel=0.1)
    assert sign_flip_p(values) == sign_flip_p(values)
    assert sign_flip_p(values + 10) == 1e-5  # (1 + 0) / (1 + 99,999): never 0


def test_the_smallest_p_is_attained_by_a_gain_on_every_seed() -> None:
    """In a family too: that of the maximum of t over it is no larger."""
    rng = np.random.default_rng(0)
    for seeds, others in ((3, 0), (8, 4), (10, 30)):
        family = np.column_stack([np.ones(seeds) + 1e-3 * rng.normal(size=seeds), rng.normal(size=(seeds, others))])
        assert smallest_p(seeds) == pytest.approx(sign_flip_p(np.ones(seeds)))
        assert 2 * sign_flip_tests(family).p_above[0] == pytest.approx(smallest_p(seeds))
    assert smallest_p(0) == smallest_p(1) == 1
    assert smallest_p(200) == 1e-5


def test_the_fewest_seeds_of_a_verdict_are_those_that_can_reach_a_two_sided_p_of_a_twentieth() -> None:
    assert smallest_p(fewest_seeds()) <= ALPHA < smallest_p(fewest_seeds() - 1)


def test_both_keep_their_promise_without_an_effect() -> None:
    """Of 2,000 studies of ten seeds 5 % come out significant; limits of 99.9 % of the binomial distribution."""
    differences = RNG.normal(0, 0.1, (2000, 10))
    flipped = sum(sign_flip_p(row) <= 0.05 for row in differences)
    left_out = sum(not interval.low <= 0 <= interval.high for interval in map(t_interval, differences))
    for found, rate in ((flipped, 50 / 1024), (left_out, 0.05)):
        low, high = stats.binom.ppf([0.0005, 0.9995], len(differences), rate)
        assert low <= found <= high
