from itertools import product

import numpy as np
import pytest
from scipy import stats

from synthmix.analysis.verdicts.simultaneous import intervals, sign_flip_tests, simultaneous
from synthmix.analysis.verdicts.skewness import more_skewed_than_chance, skewness_warning


def _symmetric(seeds: int, m: int, seed: int = 0) -> np.ndarray:
    """Normal differences that do not look skewed, so that the sign flips decide alone."""
    rng = np.random.default_rng(seed)
    while more_skewed_than_chance(d := rng.standard_normal((seeds, m)) + np.linspace(0, 2, m)):
        pass
    return d


def _brute_force_step_down(d: np.ndarray) -> list[float]:
    """Westfall and Young's step-down p's that means are above zero, written out."""

    def t(x):
        return [stats.ttest_1samp(column, 0).statistic for column in x.T]

    observed = t(d)
    null = [t(d * np.array(signs)[:, None]) for signs in product([1, -1], repeat=len(d))]
    p, least = [0.0] * len(observed), 0.0
    left = sorted(range(len(observed)), key=lambda j: -observed[j])
    while left:
        beyond = np.mean([max(row[j] for j in left) >= observed[left[0]] - 1e-9 for row in null])
        p[left[0]] = least = max(least, float(beyond))
        left = left[1:]
    return p


def test_a_single_contrast_has_the_p_of_the_exact_permutation_test():
    d = _symmetric(9, 1, seed=3) + 0.4

    def mean(x, axis):
        return x.mean(axis=axis)

    for alternative, p in (("greater", "p_above"), ("less", "p_below")):
        expected = stats.permutation_test((d[:, 0],), mean, permutation_type="samples", alternative=alternative)
        assert getattr(sign_flip_tests(d), p)[0] == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("seed", [0, 7])  # of the second, a less significant contrast would have the smaller p
def test_a_family_has_the_p_s_of_step_down_written_out(seed):
    d = _symmetric(7, 4, seed)
    found = sign_flip_tests(d)
    assert found.p_above == pytest.approx(_brute_force_step_down(d))
    assert found.p_below == pytest.approx(_brute_force_step_down(-d))


def test_many_seeds_are_sampled_and_agree_with_the_exact_test():
    d = _symmetric(14, 1, seed=5) + 0.45
    exact = np.mean([np.dot(signs, d[:, 0]) >= d.sum() - 1e-9 for signs in product([1, -1], repeat=14)])
    assert sign_flip_tests(d).p_above[0] == pytest.approx(exact, abs=0.01)


def test_equal_contrasts_cost_nothing():
    d = _symmetric(10, 1) + 0.5
    assert sign_flip_tests(np.repeat(d, 6, axis=1)).p_above == pytest.approx(sign_flip_tests(d).p_above[0])
    assert sign_flip_tests(np.repeat(d, 6, axis=1)).tests == pytest.approx(1, rel=0.01)


def test_intervals_turn_with_the_sign_scale_and_shift():
    d = _symmetric(7, 3)
    one, other = intervals(d), intervals(5 - 3 * d)
    assert other.low == pytest.approx(5 - 3 * one.high)
    assert other.upper == pytest.approx(5 - 3 * one.lower)
    assert (one.low <= one.lower).all()
    assert (one.upper <= one.high).all()


def test_intervals_are_never_narrower_than_students():
    d = _symmetric(8, 5)
    found = intervals(d)
    half = stats.t.ppf(0.975, 7) * d.std(0, ddof=1) / np.sqrt(8)
    assert (found.high - d.mean(0) >= half - 1e-12).all()
    assert (d.mean(0) - found.low >= half - 1e-12).all()


@pytest.mark.parametrize("seeds", [6, 10])
def test_intervals_cover_skewed_differences_together(seeds):
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(150):
        found = intervals(rng.exponential(size=(seeds, 4)))
        covered += bool((found.low <= 1).all() and (found.high >= 1).all())
    assert covered >= 0.9 * 150  # Student's t with Bonferroni's correction covers .8


def test_equal_differences_are_no_certainty_before_the_signs_are():
    found = simultaneous(np.full((5, 1), 0.03))
    assert (found.intervals.low[0], found.intervals.high[0]) == (-np.inf, np.inf)
    assert found.intervals.lower[0] == pytest.approx(0.03)
    assert found.tests.p_above[0] == 2.0**-5
    assert simultaneous(np.full((4, 1), 0.03)).intervals.lower[0] == -np.inf
    assert simultaneous(np.full((6, 1), 0.03)).intervals.low[0] == pytest.approx(0.03)


def test_zeros_show_nothing_on_either_side():
    found = simultaneous(np.zeros((8, 2)))
    assert (found.tests.p_above == 1).all()
    assert (found.tests.p_below == 1).all()
    assert (found.intervals.low == 0).all()


def test_seeds_without_a_contrast_are_left_out_of_it():
    d = _symmetric(9, 2, seed=2) + 1
    lacking = d.copy()
    lacking[6:, 1] = np.nan
    found = simultaneous(lacking)
    assert found.seeds.tolist() == [9, 6]
    assert found.mean[1] == pytest.approx(d[:6, 1].mean())
    assert found.sd[1] == pytest.approx(d[:6, 1].std(ddof=1))
    alone = sign_flip_tests(d[:6, 1:]).p_above[0]
    assert alone <= found.tests.p_above[1] <= 1


def test_one_difference_says_nothing():
    found = simultaneous([[0.1, np.nan], [np.nan, np.nan]])
    assert (found.tests.p_above == 1).all()
    assert (found.intervals.upper == np.inf).all()
    assert np.isnan(found.mean[1])


def test_a_family_that_looks_skewed_needs_the_bootstrap_to_agree(monkeypatch):
    d = np.random.default_rng(0).exponential(size=(10, 8)) - 1.6
    assert more_skewed_than_chance(d)
    both = sign_flip_tests(d)
    monkeypatch.setattr("synthmix.analysis.verdicts.simultaneous.more_skewed_than_chance", lambda d: False)
    flips_alone = sign_flip_tests(d)
    assert (both.p_below >= flips_alone.p_below).all()
    assert both.p_below.min() > 0.05 > flips_alone.p_below.min()


def test_a_collapse_is_noticed_and_a_normal_sample_is_not():
    collapsed = np.array([0.01, 0.02, 0.015, 0.012, 0.018, 0.011, 0.02, 0.013, 0.016, -0.3])
    assert skewness_warning(np.stack([collapsed, collapsed], axis=1)).tolist() == [True, True]
    quantiles = stats.norm.ppf((np.arange(10) + 0.5) / 10)
    assert not skewness_warning(quantiles[:, None])[0]
    assert stats.skew(collapsed, bias=False) < -2 * 0.687  # the standard error of ten


def test_a_vector_is_refused():
    with pytest.raises(ValueError, match=r"\(3,\): must be \(seeds, contrasts\)"):
        simultaneous([1.0, 2.0, 3.0])
