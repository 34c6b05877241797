import math

import pytest
from scipy import stats

from synthmix.analysis.verdicts.planning import detectable_effect, fewest_seeds, seeds_to_find


def _power(effect: float, sd: float, seeds: int, tests: float) -> float:
    critical = stats.t.ppf(1 - 0.025 / tests, seeds - 1)
    return float(stats.nct.sf(critical, seeds - 1, effect / sd * math.sqrt(seeds)))


@pytest.mark.parametrize(("seeds", "tests"), [(6, 1), (10, 1), (10, 20), (30, 7.5)])
def test_the_detectable_effect_has_the_power_that_is_asked_for(seeds, tests):
    assert _power(detectable_effect(0.05, seeds, tests), 0.05, seeds, tests) == pytest.approx(0.8, abs=1e-4)
    assert _power(detectable_effect(0.05, seeds, tests, power=0.9), 0.05, seeds, tests) == pytest.approx(0.9, abs=1e-4)


def test_too_few_seeds_find_nothing():
    assert detectable_effect(0.05, 5, 1) == math.inf
    assert fewest_seeds() == 6
    assert fewest_seeds(0.01) == 7


@pytest.mark.parametrize("tests", [1, 20])
def test_the_seeds_that_are_needed_are_the_fewest_with_that_power(tests):
    seeds = seeds_to_find(0.03, 0.05, tests)
    assert _power(0.03, 0.05, seeds, tests) >= 0.8 > _power(0.03, 0.05, seeds - 1, tests)


def test_what_is_not_there_takes_no_number_of_seeds():
    assert seeds_to_find(0.0, 0.05, 1) is None
    assert seeds_to_find(-0.1, 0.05, 1) is None
    assert seeds_to_find(1e-4, 0.05, 1) is None
    assert seeds_to_find(0.1, 0.0, 1) == 6
