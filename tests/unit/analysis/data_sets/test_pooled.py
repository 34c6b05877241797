"""Pooling over data sets, against published numbers and what it promises."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from synthmix.analysis.data_sets.pooled import Pooled, pool, rank
from synthmix.errors import InvalidInput

# Trials of the BCG vaccine (Colditz et al. 1994): cases and others among the vaccinated, and among the controls.
BCG = """4 119 11 128  6 300 29 274  3 228 11 209  62 13536 248 12619  33 5036 47 5761  180 1361 372 1079  8 2537 10 619
505 87886 499 87892  29 7470 45 7232  17 1699 65 1600  186 50448 141 27197  5 2493 3 2338  27 16886 29 17825"""
# Areas under the curve of C4.5 and three variants on 14 data sets (Demšar 2006, table 6). Two of the voting data
# tie after rounding, not in the ranks of the article.
AUC = """.763 .768 .771 .798  .599 .591 .590 .569  .954 .971 .968 .967  .628 .661 .654 .657  .882 .888 .886 .898
.936 .931 .916 .931  .661 .668 .609 .685  .583 .583 .563 .625  .775 .838 .866 .875  1 1 1 1  .940 .962 .965 .962
.619 .666 .614 .669  .972 .981 .9751 .975  .957 .978 .946 .970"""
VARIANTS = ["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"]


def table(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=float).reshape(-1, 4)


def bcg(**options: float) -> Pooled:
    a, b, c, d = table(BCG).T
    log_risk_ratios = np.log(a / (a + b) / (c / (c + d)))
    return pool(log_risk_ratios, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)), **options)


def test_mean_and_interval_are_the_published_ones() -> None:
    found = bcg()
    # statsmodels 0.15, combine_effects(method_re="iterated", use_t=True): tau2, and the interval of Hartung and Knapp
    assert found.between**2 == pytest.approx(0.3180684522, rel=1e-8)
    assert found.mean == pytest.approx(-0.7149681535, rel=1e-8)
    assert found.interval == pytest.approx((-1.10909838, -0.32083793), rel=1e-7)


def test_a_new_data_set_has_the_interval_of_higgins() -> None:
    found = bcg(sign=-1, level=0.9)
    # error 0.1808921915 from the same source
    spread = math.sqrt(0.3180684522 + 0.1808921915**2)
    assert found.prediction == pytest.approx(stats.t.interval(0.9, 11, -0.7149681535, spread), rel=1e-7)
    assert found.gain == pytest.approx(stats.t.cdf(0.7149681535 / spread, 11), rel=1e-7)
    assert bcg().gain == pytest.approx(1 - found.gain)


def test_weights_fall_with_the_error() -> None:
    found = pool([0.1, 0.2, 0.6], [0.01, 0.02, 0.3])
    assert sum(found.weights) == pytest.approx(1)
    assert list(found.weights) == sorted(found.weights, reverse=True)
    assert found.mean == pytest.approx(found.weights @ [0.1, 0.2, 0.6])


def test_agreement_beyond_chance_does_not_narrow_the_interval() -> None:
    # Equal effects: without a guard the interval would have no width.
    found = pool([0.1, 0.1, 0.1, 0.1], [0.02, 0.02, 0.02, 0.02])
    assert found.between == 0
    assert found.interval == pytest.approx(stats.t.interval(0.95, 3, 0.1, 0.01))


def test_two_data_sets_predict_nothing_and_one_has_no_interval() -> None:
    two, one = pool([0.1, 0.3], [0.01, 0.02]), pool([0.1], [0.02])
    assert two.interval.low < 0 < two.interval.high  # t of one degree
    assert all(map(math.isnan, (*two.prediction, two.gain, *one.prediction, *one.interval, one.gain)))
    assert one.mean == 0.1
    assert math.isnan(pool([0.1, 0.1], [0.0, 0.0]).gain)
    assert pool([0.1, 0.3, 0.2], [0.01, 0.02, 0.02]).gain > 0.5


def test_where_all_seeds_agree_on_a_data_set_all_weigh_the_same() -> None:
    effects = [0.1, 0.0, 0.3, 0.2]
    found = pool(effects, [0.0, 0.0, 0.01, 0.0])
    assert found.mean == pytest.approx(0.15)
    assert found.interval == pytest.approx(stats.t.interval(0.95, 3, 0.15, stats.sem(effects)))
    assert pool([0.0] * 3, [0.0] * 3).prediction == (0, 0)
    assert pool([0.0] * 3, [0.0] * 3).gain == 0
    # errors that are larger than the spread of the effects
    assert pool([0.1, 0.1, 0.1], [0.3, 0.3, 0.0]).interval.high > 0.1 + 4.3 * math.sqrt(0.18) / 3 - 1e-6


def test_interval_and_prediction_cover_what_they_promise() -> None:
    rng = np.random.default_rng(5)
    errors = np.array([0.005, 0.01, 0.02, 0.01, 0.015])
    covered, predicted, gains = [], [], []
    for _ in range(1000):
        effects, new = 0.02 + 0.03 * rng.standard_normal(5), 0.02 + 0.03 * rng.standard_normal()
        found = pool(effects + errors * rng.standard_normal(5), errors)
        covered.append(found.interval.low <= 0.02 <= found.interval.high)
        predicted.append(found.prediction.low <= new <= found.prediction.high)
        gains.append(found.gain)
    assert np.mean(covered) >= 0.93
    assert np.mean(predicted) >= 0.93
    assert np.mean(gains) == pytest.approx(stats.norm.cdf(2 / 3), abs=0.08)


@pytest.mark.parametrize(
    ("effects", "errors"),
    [([], []), ([0.1], [0.1, 0.2]), ([0.1, math.nan], [0.1, 0.1]), ([0.1, 0.2], [0.1, -0.1])],
)
def test_what_cannot_be_pooled_is_refused(effects: list[float], errors: list[float]) -> None:
    with pytest.raises(InvalidInput, match="errors"):
        pool(effects, errors)


def test_ranks_are_those_of_the_article() -> None:
    found = rank(table(AUC), VARIANTS)
    assert found.arms == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
    assert found.mean == pytest.approx([1.964, 2.0, 2.893, 3.143], abs=5e-4)
    assert found.critical == pytest.approx(1.25, abs=5e-3)  # 1.25 there, by q = 2.569
    reference = stats.friedmanchisquare(*table(AUC).T)
    assert found.statistic == pytest.approx(reference.statistic)
    assert found.p == pytest.approx(reference.pvalue, abs=0.01)
    assert found.groups == [(0, 3)]


def test_lower_is_better_reverses_the_ranks() -> None:
    scores = [[0.3, 0.1, 0.2], [0.5, 0.1, 0.4]]
    assert rank(scores, ["a", "b", "c"], sign=-1).arms == ["b", "c", "a"]
    assert rank(scores, ["a", "b", "c"]).arms == ["a", "c", "b"]


@pytest.mark.parametrize("scores", [[[3, 2, 1], [3, 2, 1]], [[3, 2, 1], [1, 3, 2]], [[3, 2, 1], [3, 1, 2], [2, 2, 1]]])
def test_p_is_that_of_all_permutations_within_data_sets(scores: list[list[float]]) -> None:
    found = rank(scores, ["a", "b", "c"])
    orders = [[]]
    for row in scores:
        orders = [[*before, after] for before in orders for after in permutations(row)]
    reached = [rank_spread(order) >= rank_spread(scores) - 1e-9 for order in orders]
    assert found.p == pytest.approx(np.mean(reached), abs=0.015)


def rank_spread(scores: list) -> float:
    return float(np.var(stats.rankdata(scores, axis=1).mean(axis=0)))


def test_arms_that_always_tie_do_not_differ() -> None:
    found = rank([[0.5, 0.5]] * 4, ["a", "b"])
    assert (found.statistic, found.p, list(found.mean), found.groups) == (0, 1, [1.5, 1.5], [(0, 1)])


def test_groups_are_the_longest_runs_within_the_critical_difference() -> None:
    # 40 data sets of four arms that always rank alike: the critical difference, .74, is below a rank.
    assert rank([[4, 3, 2, 1]] * 40, list("abcd")).groups == []
    # With 10 of them it is 1.48: neighbours belong together, and no three arms do.
    assert rank([[4, 3, 2, 1]] * 10, list("abcd")).groups == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("scores", [[[1.0, 2.0, 3.0]], [[1.0, math.nan]], [], [[1.0]]])
def test_what_cannot_be_ranked_is_refused(scores: list[list[float]]) -> None:
    with pytest.raises(InvalidInput, match="scores"):
        rank(scores, ["a", "b"])
