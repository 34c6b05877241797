"""The exchange rate on curves whose inverse is known, and where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats
from sklearn.isotonic import isotonic_regression

from synthmix.analysis import exchange
from synthmix.analysis.exchange import curve_fault, exchange_rate, monotone_fit
from synthmix.notation import MINUS

SIZES = np.array([25, 50, 75, 100, 200, 500])
N = 100
Floats = NDArray[np.float64]


def noisy(
    means: Floats, arm: float, *, seeds: int = 10, noise: float = 0.01, common: float = 0.1, rng: int = 0
) -> tuple[Floats, Floats]:
    """A curve (seeds, sizes) and an arm (seeds,): cells of a mean, a part that their seed shares, and noise."""
    draw = np.random.default_rng(rng)
    shift = draw.normal(0, common, (seeds, 1))
    curve = means + shift + draw.normal(0, noise, (seeds, len(means)))
    return curve, arm + shift[:, 0] + draw.normal(0, noise, seeds)


@given(
    arrays(float, (3, 7), elements=st.floats(-5, 5)),
    arrays(float, (3, 7), elements=st.sampled_from([0.5, 1.0, 2.0, 10.0])),
)
def test_the_monotone_fit_is_that_of_scikit_learn(means: Floats, weights: Floats) -> None:
    expected = [isotonic_regression(x, sample_weight=w) for x, w in zip(means, weights, strict=True)]
    assert monotone_fit(means, weights) == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("missing", [[0], [3], [6], [2, 3], [0, 1, 6]])
def test_a_value_without_weight_bends_nothing(missing: list[int]) -> None:
    means, weights = np.array([0.1, 0.3, 0.2, 0.6, 0.5, 0.5, 0.9]), np.ones(7)
    weights[missing] = 0
    known = weights > 0
    fitted = monotone_fit(np.where(known, means, math.nan), weights)
    assert fitted[known] == pytest.approx(isotonic_regression(means[known]))
    assert (np.diff(fitted) >= 0).all()


@pytest.mark.parametrize(("worth", "ratio"), [(500, 4), (200, 1), (100, 2), (50, 0.5), (141, 0.25), (310, 3)])
def test_without_noise_the_rate_is_exact(worth: int, ratio: float) -> None:
    """A score that rises by the same with every doubling, as digits' does, lies on the line between sizes."""
    curve, arm = noisy(np.log2(SIZES), math.log2(worth), noise=0)
    rate = exchange_rate(SIZES, curve, arm, n=N, ratio=ratio)
    expected = (worth - N) / (ratio * N)
    assert (rate.value, rate.low, rate.high) == pytest.approx((expected,) * 3, abs=1e-6)
    assert (rate.status, rate.reason) == ("identified", "")


def test_pairing_by_seed_takes_out_what_seeds_have_in_common() -> None:
    curve, arm = noisy(np.log2(SIZES), math.log2(150), noise=0.02, common=1)
    paired = exchange_rate(SIZES, curve, arm, n=N, ratio=1)
    torn = exchange_rate(SIZES, curve, np.roll(arm, 3), n=N, ratio=1)
    assert paired.low < 0.5 < paired.high
    assert paired.high - paired.low < 0.1
    assert torn.status == "not identified" or torn.high - torn.low > 1


@pytest.mark.parametrize("seeds", [5, 6, 8])
def test_with_few_seeds_the_interval_does_not_depend_on_the_draw(seeds: int) -> None:
    """All resamples are counted; a hundred thousand drawn ones come to the same ends."""
    curve, arm = noisy(np.log2(SIZES), math.log2(150), seeds=seeds, noise=0.1)
    rates = [exchange_rate(SIZES, curve, arm, n=N, ratio=1, seed=seed) for seed in range(3)]
    assert len({(rate.low, rate.high) for rate in rates}) == 1
    drawn = np.random.default_rng(0).multinomial(seeds, np.full(seeds, 1 / seeds), 100_000)
    counts, probabilities = exchange._resamples(seeds, 0)
    assert probabilities.sum() == pytest.approx(1)
    shares = {tuple(row): share for row, share in zip(counts, probabilities, strict=True)}
    found, times = np.unique(drawn, axis=0, return_counts=True)
    expected = np.array([shares[tuple(row)] for row in found])
    assert times / len(drawn) == pytest.approx(expected, abs=0.004)


def test_off_the_curve_it_is_a_bound() -> None:
    means = np.log2(SIZES)
    above = exchange_rate(SIZES, *noisy(means, means[-1] + 1), n=N, ratio=2)
    assert (above.value, above.low, above.high, above.status) == (2, 2, math.inf, "at least")
    assert above.reason == "the score is above the curve, which ends at n=500"
    below = exchange_rate(SIZES, *noisy(means, means[0] - 1), n=N, ratio=2)
    assert (below.value, below.low, below.high, below.status) == (-0.375, -math.inf, -0.375, "at most")
    assert below.reason == "the score is below the curve, which begins at n=25"


def test_near_the_end_of_the_curve_one_end_of_the_interval_is_open() -> None:
    rate = exchange_rate(SIZES, *noisy(np.log2(SIZES), math.log2(490), noise=0.1), n=N, ratio=4)
    assert rate.low < 0.975
    assert rate.high == math.inf


def test_where_the_fit_is_level_the_interval_takes_in_all_of_it() -> None:
    """Sizes 100 and 200 have equal scores, and the arm theirs: worth nothing, as good as real, or between.

    Its difference to real points alone is 0, and that is what is told. Of 99 points there is no score: the middle is.
    """
    curve = np.tile([0.1, 0.2, 0.3, 0.5, 0.5, 0.7], (8, 1))
    rate = exchange_rate(SIZES, curve, np.full(8, 0.5), n=N, ratio=1)
    assert (rate.low, rate.high) == pytest.approx((0, 1))
    assert rate.value == 0
    between = exchange_rate(SIZES, curve, np.full(8, 0.5), n=99, ratio=1)
    assert between.value == pytest.approx(math.sqrt(100 * 200) / 99 - 1)


def test_the_mixture_on_ten_components_is_not_identified() -> None:
    """ARI on digits as measured: .36 with 50 points, .17 with 100, .44 with 200."""
    curve, arm = noisy(np.array([0.30, 0.36, 0.24, 0.17, 0.44, 0.62]), 0.45, noise=0.04, common=0.02)
    rate = exchange_rate(SIZES, curve, arm, n=N, ratio=4)
    assert rate.status == "not identified"
    assert rate.reason.startswith("the curve falls from 0.")
    assert all(map(math.isnan, (rate.value, rate.low, rate.high)))


def test_a_flat_curve_is_not_identified() -> None:
    rate = exchange_rate(SIZES, *noisy(np.full(6, 0.5), 0.5), n=N, ratio=1)
    assert rate.status == "not identified"
    assert rate.reason.startswith(f"the curve is flat: from n=25 to 500 it rises by {MINUS}0.0")


def test_an_arm_that_fits_the_whole_curve_is_not_identified() -> None:
    """The curve rises, but the arm's own seeds say nothing."""
    curve, arm = noisy(np.log2(SIZES), math.log2(120), noise=0.01, common=0)
    rate = exchange_rate(SIZES, curve, arm + np.resize([-9, 9], 10), n=N, ratio=1)
    assert rate.reason == "the interval takes in the whole curve, n=25 to 500"


def test_a_dip_of_the_plateau_is_no_fall() -> None:
    """Twelve seeds show it beyond doubt, and it is a hundredth of what the curve rises by."""
    means = np.array([0.1, 0.4, 0.6, 0.8, 0.9, 0.89])
    assert curve_fault(SIZES.astype(float), noisy(means, 0, seeds=12, noise=0.001)[0]) == ""


def test_cells_that_are_missing_are_left_out() -> None:
    curve, arm = noisy(np.log2(SIZES), math.log2(150), noise=0)
    curve[:, -1] = math.nan  # the oracle's pool is too short
    curve[3, 1] = arm[5] = math.nan
    rate = exchange_rate(SIZES, curve, arm, n=N, ratio=1)
    assert rate.value == pytest.approx(0.5)
    above = exchange_rate(SIZES, curve, arm + 1, n=N, ratio=1)
    assert (above.value, above.status) == (1, "at least")


def test_a_bound_is_claimed_only_where_the_interval_supports_it() -> None:
    """A true rate of .9 at ratio 4 lies so near to the end of the curve that many means are beyond it by chance."""
    means, true = np.log2(SIZES), math.log2(N * (1 + 0.9 * 4))
    rates = [
        exchange_rate(SIZES, *noisy(means, true, noise=0.3, rng=number), n=N, ratio=4, seed=number)
        for number in range(200)
    ]
    bounds = [rate for rate in rates if rate.status == "at least"]
    assert len(bounds) > 20
    assert all(rate.value == rate.low for rate in bounds)
    assert sum(rate.value > 0.9 for rate in bounds) <= 0.05 * len(rates)


@pytest.mark.parametrize(("seeds", "sizes"), [(4, 6), (0, 6), (10, 1), (10, 0)])
def test_with_too_little_it_says_so(seeds: int, sizes: int) -> None:
    curve, arm = noisy(np.log2(SIZES[:sizes]), 6.0, seeds=seeds)
    rate = exchange_rate(SIZES[:sizes], curve, arm, n=N, ratio=1)
    assert rate.status == "not identified"
    assert "5" in rate.reason


def test_the_same_study_gives_the_same_interval() -> None:
    curve, arm = noisy(np.log2(SIZES), math.log2(150), noise=0.1)
    assert exchange_rate(SIZES, curve, arm, n=N, ratio=1) == exchange_rate(SIZES, curve, arm, n=N, ratio=1)


def test_the_interval_of_ten_seeds_holds_the_truth_as_often_as_it_promises() -> None:
    rates = [
        exchange_rate(SIZES, *noisy(np.log2(SIZES), math.log2(150), noise=0.15, rng=study), n=N, ratio=1)
        for study in range(300)
    ]
    covered = sum(rate.low <= 0.5 <= rate.high for rate in rates)
    assert covered >= stats.binom.ppf(0.001, len(rates), 0.93)
    assert covered <= stats.binom.ppf(0.999, len(rates), 0.97)


def test_a_seed_without_a_score_at_a_size_does_not_weigh_there() -> None:
    """All seeds are alike, so that which of them have a size makes no difference to where the curve is."""
    curve, arm = noisy(np.log2(SIZES), math.log2(150), noise=0, common=0, seeds=8)
    curve[5:, SIZES == 200] = math.nan
    rate = exchange_rate(SIZES, curve, arm, n=N, ratio=1)
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.5,) * 3, abs=1e-6)


def test_a_size_weighs_in_the_monotone_fit_as_many_seeds_as_it_has() -> None:
    """The curve falls a little from 100 to 200, where five of eight seeds are: level at (8 × .6 + 5 × .5) / 13."""
    curve = np.tile([0.0, 0.2, 0.4, 0.6, 0.5, 1.7], (8, 1))
    curve[5:, SIZES == 200] = math.nan
    rate = exchange_rate(SIZES, curve, np.full(8, (8 * 0.6 + 5 * 0.5) / 13), n=99, ratio=1)
    assert rate.value == pytest.approx(math.sqrt(100 * 200) / 99 - 1)


def test_the_interval_is_as_wide_as_students_t_has_it() -> None:
    """Percentiles of resampled means are too narrow for few seeds: at eight by a quarter (Hesterberg 2015)."""
    curve = np.tile(np.log2(SIZES), (8, 1))
    arm = math.log2(150) + np.array([-0.35, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.35])
    rate = exchange_rate(SIZES, curve, arm, n=N, ratio=1)
    half = stats.t.ppf(0.975, 7) * arm.std(ddof=1) / math.sqrt(8)
    found = np.log2([N * (1 + rate.low), N * (1 + rate.high)]) - math.log2(150)
    assert found == pytest.approx([-half, half], rel=0.08)


def test_a_rate_never_contradicts_the_paired_difference() -> None:
    """The curve dips at n and the fit pools it: copies, a trifle better than real points alone, were worth −.25."""
    means = np.log2(SIZES)
    means[2] = means[3] + 0.01
    curve, _ = noisy(means, 0.0)
    rate = exchange_rate(SIZES, curve, curve[:, 3] + 1e-4, n=N, ratio=1)
    assert rate.value == 0
    assert rate.low < -0.2
    assert exchange_rate(SIZES, curve, curve[:, 3] - 0.2, n=N, ratio=1).value < 0
