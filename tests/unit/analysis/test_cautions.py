"""What a reader is warned of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.result import StudyResult

Make = Callable[..., tuple[StudyResult, Analysis]]
WHOLE = {
    ("kmeans", "gan"): (0.1, 0.2),
    ("kmeans", "duplicate"): (0.0, 0.0),
    ("kmeans", "jitter"): (0.0, 0.0),
    ("kmeans", "real"): (0.2, 0.3),
}


@pytest.fixture
def warned(make: Make) -> Callable[..., list[str]]:
    """The warnings of a study of these effects; `change` edits its cells first."""

    def warnings(effects: Any, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda cells: cells) -> list[str]:
        result, _ = make(effects)
        return list(analyse(replace(result, cells=change(result.cells))).warnings)

    return warnings


def without(score: dict[str, Any], status: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Takes the results of the cells away that have these keys."""

    def change(cells: pd.DataFrame) -> pd.DataFrame:
        chosen = (cells[list(score)] == pd.Series(score)).all(axis=1)
        return cells.assign(**{"status": cells["status"].mask(chosen, status)}).assign(
            **{"cluster/ari": cells["cluster/ari"].mask(chosen)}
        )

    return change


def test_a_study_that_has_everything_is_not_warned(warned: Callable[..., list[str]]) -> None:
    assert warned(WHOLE) == []


def test_missing_controls(warned: Callable[..., list[str]]) -> None:
    lines = warned({("kmeans", "gan"): (0.1, 0.2)})
    assert lines == [
        "no placebo (model=duplicate): a gain may be what mere copies of the real points bring",
        "no oracle (model=real): unknown whether more points of any kind would help",
    ]


def test_a_curve_of_one_size(make: Make) -> None:
    result, _ = make({("kmeans", "gan"): (0.1, 0.2)})
    lines = analyse(replace(result, curve=result.curve.head(0))).warnings
    assert any(line.startswith("no exchange rate: the curve has fewer than two sizes") for line in lines)


def test_a_placebo_that_gains(warned: Callable[..., list[str]]) -> None:
    (line,) = warned(WHOLE | {("kmeans", "duplicate"): (0.0, 0.05)})
    # Eight deviations of sd .0148 under a t of 2.365 reach .0124 to either side.
    assert line == "the placebo duplicate gains at ratio 4: +0.050 [+0.038, +0.062]"


def alarmed(*arms: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Cells in which an alarm rings over these arms in every other seed."""

    def change(cells: pd.DataFrame) -> pd.DataFrame:
        rings = cells["model.name"].isin(arms) & (cells["seed"] % 2 == 0)
        mixed = cells["mix.ratio"] > 0
        return cells.assign(**{"quality/alarm_mode_collapse": rings.astype(float).where(mixed)})

    return change


def test_a_generator_over_which_an_alarm_rings(warned: Callable[..., list[str]]) -> None:
    (line,) = warned(WHOLE, alarmed("gan"))
    assert line == (
        "gan is plainly broken in some way: alarm mode_collapse (4 of 8 seeds); tags synthmix.alarm.* of its runs say "
        "why"
    )


def test_of_a_control_an_alarm_tells_nothing_new(warned: Callable[..., list[str]]) -> None:
    assert warned(WHOLE, alarmed("duplicate", "jitter")) == []


def test_the_summary_has_the_alarms_of_every_arm(make: Make) -> None:
    result, _ = make(WHOLE)
    summary = analyse(replace(result, cells=alarmed("gan", "duplicate")(result.cells))).summary
    rung = summary[summary["mix.ratio"] > 0].groupby("arm")["alarms"].unique().map(list).to_dict()
    assert rung == {"duplicate": ["mode_collapse 4/8"], "gan": ["mode_collapse 4/8"], "jitter": [""], "real": [""]}
    assert set(summary.loc[summary["mix.ratio"] == 0, "alarms"]) == {""}


def test_harm_is_no_gain_of_a_control(warned: Callable[..., list[str]]) -> None:
    assert warned(WHOLE | {("kmeans", "gan"): (-0.1, -0.2)}) == []


def test_too_few_seeds(make: Make) -> None:
    """Six differences of one sign have a one-sided p of 1/64, under .025 of either side; five have 1/32."""
    result, _ = make(WHOLE, seeds=5)
    lines = analyse(result).warnings
    assert "too few seeds: 5 can show neither help nor harm, whatever the effect; it takes 6" in lines
    assert not [line for line in analyse(make(WHOLE, seeds=6)[0]).warnings if "too few" in line]


def test_cells_without_a_result(warned: Callable[..., list[str]]) -> None:
    lines = warned(WHOLE, without({"model.name": "gan", "mix.ratio": 4.0, "seed": 3}, "failed"))
    assert lines == [
        "1 of 96 cells have no result: 1 failed",
        "gan at ratio 4 has 7 seeds, real points alone 8: compared on the 7 of both",
    ]
    (line,) = warned(WHOLE, without({"model.name": "real", "mix.ratio": 4.0}, "unavailable"))
    assert line == (
        "8 of 96 cells have no result: 8 not available (the oracle's pool or what the gate lets through is too short)"
    )


def test_no_baseline(make: Make) -> None:
    result, _ = make(WHOLE)
    lines = analyse(replace(result, cells=result.cells[result.cells["mix.ratio"] > 0])).warnings
    assert "no finished cell of the 100 real points alone: nothing to compare with" in lines


def test_a_curve_that_falls(warned: Callable[..., list[str]]) -> None:
    lines = warned(WHOLE | {("kmeans", "real"): (-0.2, 0.3)})
    assert len(lines) == 1
    assert lines[0].startswith("no exchange rate: the curve falls from 0.435 at n=50 to 0.335 at n=200")


def test_what_holds_in_one_block_names_it(warned: Callable[..., list[str]]) -> None:
    other = {("gmm", arm): effects for (_, arm), effects in WHOLE.items()}
    (line,) = warned(WHOLE | other | {("gmm", "duplicate"): (0.0, 0.05)})
    assert line.startswith("gmm on identity: the placebo duplicate gains")
    (line,) = warned(WHOLE | other | {("gmm", "duplicate"): (0.0, 0.05), ("kmeans", "duplicate"): (0.0, 0.05)})
    assert line.startswith("the placebo duplicate gains")


def test_a_score_that_is_better_the_lower_it_is(make: Make) -> None:
    """With its sign turned, a gain is a fall, and a placebo that falls is warned of."""
    result, _ = make(WHOLE | {("kmeans", "duplicate"): (0.0, 0.05)})
    cells = result.cells.assign(**{"cluster/davies_bouldin": -result.cells["cluster/ari"]})
    (line,) = analyse(replace(result, cells=cells, score="cluster/davies_bouldin")).warnings
    assert line.startswith("the placebo duplicate gains at ratio 4: −0.050")
    assert not np.isnan(cells["cluster/davies_bouldin"]).any()
