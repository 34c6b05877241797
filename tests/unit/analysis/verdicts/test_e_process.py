import math
from itertools import product

import numpy as np
import pytest

from synthmix.analysis.verdicts.e_process import confidence_ends, log_e, log_e_path, seeds_until

SIGNS = np.array(list(product([1.0, -1.0], repeat=10))).T  # (10, 1024)


def test_e_is_a_fair_game_over_all_patterns_of_signs():
    sizes = np.abs(np.random.default_rng(0).standard_t(3, 10))[:, None]
    assert np.exp(log_e_path(SIGNS * sizes)).mean(1) == pytest.approx(np.ones(10))


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_e_is_no_gain_where_differences_are_symmetric_about_a_point_below_zero(shift):
    deviations = SIGNS * np.random.default_rng(1).uniform(0.1, 2, 10)[:, None]
    assert (np.exp(log_e_path(deviations - shift)).mean(1) <= 1 + 1e-9).all()


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_e_ever_reaches_a_level_in_no_more_than_its_share_of_patterns(alpha):
    sizes = np.linspace(0.5, 2, 10)[:, None]
    assert (log_e(SIGNS * sizes) >= math.log(1 / alpha)).mean() <= alpha


def test_later_seeds_take_nothing_back():
    d = np.random.default_rng(2).standard_normal(30) + 0.3
    reached = [float(log_e(d[:seeds])) for seeds in range(31)]
    assert reached[0] == 0
    assert reached == sorted(reached)


def test_a_seed_without_a_difference_changes_nothing():
    d = np.array([0.1, 0.2, -0.05, 0.3])
    lacking = np.array([0.1, np.nan, 0.2, np.nan, -0.05, 0.3])
    assert float(log_e_path(lacking)[-1]) == pytest.approx(float(log_e_path(d)[-1]))


def test_ends_hold_the_mean_at_all_times_in_symmetric_samples():
    rng = np.random.default_rng(3)
    outside = 0
    for _ in range(200):
        low, high = confidence_ends(rng.standard_normal((25, 1)) + 5, 2 / 0.1)
        outside += bool(low[0] > 5 or high[0] < 5)
    assert outside <= 0.1 * 200


def test_ends_narrow_with_seeds_and_move_with_the_differences():
    d = np.random.default_rng(4).standard_normal((60, 2))
    low, high = confidence_ends(d, 40.0)
    wide_low, wide_high = confidence_ends(d[:15], 40.0)
    assert (high - low < wide_high - wide_low).all()
    assert confidence_ends(2 * d + 1, 40.0)[0] == pytest.approx(2 * low + 1)
    assert (low < d.mean(0)).all()
    assert (d.mean(0) < high).all()


def test_few_or_equal_differences_have_no_ends():
    d = np.random.default_rng(5).standard_normal((4, 1))
    assert [float(end[0]) for end in confidence_ends(d, 400.0)] == [-np.inf, np.inf]
    assert [float(end[0]) for end in confidence_ends(np.full((5, 1), 0.1), 40.0)] == [-np.inf, np.inf]
    assert [float(end[0]) for end in confidence_ends(np.full((12, 1), 0.1), 40.0)] == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_the_seeds_told_are_about_those_that_it_takes(ratio):
    rng = np.random.default_rng(6)
    paths = log_e_path(rng.standard_normal((400, 100)) + ratio)
    taken = np.argmax(paths >= math.log(80), axis=0) + 1
    assert seeds_until(ratio, 1.0, 80) == pytest.approx(np.median(taken), rel=0.2)
