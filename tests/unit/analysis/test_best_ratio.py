"""The choice of a ratio: by hand, and its honesty in simulated studies without an effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.best_ratio import best_ratios, choices
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import cells_by_setting
from synthmix.analysis.statistics import t_interval

Make = Callable[..., tuple[StudyResult, Analysis]]
ONE_ARM = {("kmeans", "gan"): (0.0, 0.0)}


@pytest.fixture
def chosen(make: Make) -> Callable[..., pd.DataFrame]:
    """The table for one arm with these scores on val and test, each (seeds, ratios 0, 1 and 4)."""

    def choose(val: np.ndarray, test: np.ndarray, choose_by: str = "silhouette", score: str = "ari") -> pd.DataFrame:
        result, _ = make(ONE_ARM)
        cells = result.cells.sort_values(["seed", "mix.ratio"])
        cells = cells[cells["seed"] < len(val)].drop(columns="val/silhouette")
        cells = cells.assign(**{f"val/{choose_by}": val.ravel(), f"cluster/{score}": test.ravel()})
        study = replace(result, cells=cells, choose_by=choose_by, score=f"cluster/{score}")
        return best_ratios(cells_by_setting(study), study)

    return choose


def test_chosen_on_val_and_reported_on_test(chosen: Callable[..., pd.DataFrame]) -> None:
    val = np.array([[0.1, 0.3, 0.1], [0.1, 0.3, 0.1], [0.1, 0.3, 0.1], [0.1, 0.3, 0.4]])
    test = np.array([[0.5, 0.6, 0.9], [0.5, 0.5, 0.9], [0.4, 0.6, 0.9], [0.4, 0.7, 0.9]])
    row = chosen(val, test).iloc[0]
    assert (row["arm"], row["role"], row["chosen_by"], row["supervised"]) == ("gan", "generator", "silhouette", False)
    assert (row["ratio"], row["agreement"], row["seeds"]) == (1, 1, 4)
    assert (row["val"], row["mean"]) == pytest.approx((0.3, 0.6))
    expected = stats.ttest_1samp([0.1, 0.0, 0.2, 0.3], 0).confidence_interval(0.95)
    assert row["difference"] == pytest.approx(0.15)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((expected.low, expected.high))


def test_a_seed_has_no_say_in_its_own_ratio(chosen: Callable[..., pd.DataFrame]) -> None:
    """The luck of seed 2 lifts the mean of ratio 4: seeds 1 and 3 are scored there, its own half at ratio 1."""
    val = np.array([[0.0, 0.2, 0.1], [0.0, 0.2, 0.1], [0.0, 0.2, 9.0], [0.0, 0.2, 0.1]])
    test = np.array([[0.5, 0.6, 0.7], [0.5, 0.6, 0.8], [0.5, 0.4, 0.9], [0.5, 0.6, 0.4]])
    row = chosen(val, test).iloc[0]
    assert (row["ratio"], row["agreement"]) == (4, 0.5)
    assert row["difference"] == pytest.approx((0.1 + 0.3 - 0.1 - 0.1) / 4)


def test_ratio_0_is_one_of_them(chosen: Callable[..., pd.DataFrame]) -> None:
    row = chosen(np.tile([0.3, 0.2, 0.1], (4, 1)), np.tile([0.5, 0.6, 0.7], (4, 1))).iloc[0]
    assert (row["ratio"], row["mean"]) == (0, 0.5)
    assert np.isnan(row["difference"])


@pytest.mark.parametrize(
    ("choose_by", "ratio", "supervised"),
    [("davies_bouldin", 1, False), ("calinski_harabasz", 4, False), ("ari", 4, True), ("nmi", 4, True)],
)
def test_the_score_that_chooses(
    chosen: Callable[..., pd.DataFrame], choose_by: str, ratio: float, supervised: bool
) -> None:
    row = chosen(np.tile([0.2, 0.1, 0.3], (4, 1)), np.full((4, 3), 0.5), choose_by).iloc[0]
    assert (row["ratio"], row["supervised"]) == (ratio, supervised)


def test_a_study_that_was_not_scored_on_val_has_no_choice(make: Make) -> None:
    result, _ = make(ONE_ARM)
    table = analyse(replace(result, choose_by="ari")).best
    assert len(table) == 0
    assert "difference_low" in table


def test_a_ratio_without_a_result_is_none_to_choose_from(chosen: Callable[..., pd.DataFrame]) -> None:
    val, test = np.tile([0.1, 0.2, np.nan], (4, 1)), np.tile([0.5, 0.6, np.nan], (4, 1))
    assert chosen(val, test).iloc[0]["ratio"] == 1
    assert chosen(val[:1], test[:1]).empty


def test_without_an_effect_choosing_among_many_ratios_gains_nothing() -> None:
    """Val and test share the seeds' luck: the ratio with the best mean on val looks good on test too, and is not."""
    rng = np.random.default_rng(3)
    studies, seeds, ratios = 2000, 8, 8
    rows = np.arange(seeds)
    plain, honest, covered = [], [], 0
    for _ in range(studies):
        luck = rng.normal(0, 0.02, (seeds, ratios))
        val, test = (luck + rng.normal(0, 0.01, luck.shape) for _ in range(2))
        best, crossed = choices(val)
        difference = test[rows, crossed] - test[:, 0]
        interval = t_interval(difference)
        plain.append((test[:, best] - test[:, 0]).mean())
        honest.append(difference.mean())
        covered += interval.low <= 0 <= interval.high
    error = np.std(honest) / np.sqrt(studies)
    assert abs(np.mean(honest)) < 3.3 * error
    assert np.mean(plain) > 20 * error
    assert stats.binom.ppf(0.0005, studies, 0.95) <= covered
