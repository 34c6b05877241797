"""Verdicts over data sets: what is pooled with what, and that the rules of one data set hold for several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.data_sets.population import overlap, population_error
from synthmix.analysis.result import Sizes, StudyResult
from synthmix.analysis.words.answer import headline, pooled_answers
from synthmix.analysis.words.next_step import next_steps
from synthmix.report.study_run import study_record
from synthmix.report.terminal import table_text
from synthmix.study.record import Record

Make = Callable[..., tuple[StudyResult, Analysis]]
Both = tuple[float, float]
CONTROLS = {"duplicate": (0.0, 0.0), "jitter": (0.0, 0.0), "real": (0.2, 0.3)}
SETS = ("digits", "letters", "pendigits", "usps")
DEVIATIONS = np.array([-0.02, -0.01, -0.005, 0.0, 0.0, 0.0, 0.005, 0.03])


def study(make: Make, gains: Sequence[Mapping[str, Both]], learners: Sequence[str] = ("kmeans",)) -> StudyResult:
    """One study of several data sets, a data set for each of `gains`."""
    results = [
        make({(learner, arm): both for learner in learners for arm, both in {**CONTROLS, **gain}.items()})[0]
        for gain in gains
    ]
    named = list(zip(results, SETS, strict=False))

    def together(part: str) -> pd.DataFrame:
        return pd.concat([getattr(one, part).assign(**{"data.name": name}) for one, name in named], ignore_index=True)

    tables = {part: together(part) for part in ("cells", "curve", "runs")}
    return replace(results[0], **tables)


def row(analysis: Analysis, arm: str, ratio: float) -> Mapping[Any, Any]:
    (found,) = analysis.pooled[(analysis.pooled["arm"] == arm) & (analysis.pooled["mix.ratio"] == ratio)].to_dict(
        "records"
    )
    return found


def test_a_gain_on_every_data_set_helps_and_a_harm_harms(make: Make) -> None:
    gains = [{"gan": (0.1 + 0.01 * place, -0.1), "vae": (0.0, 0.0)} for place in range(4)]
    analysis = analyse(study(make, gains))
    assert (row(analysis, "gan", 1)["verdict"], row(analysis, "gan", 4)["verdict"]) == ("helps", "harms")
    assert row(analysis, "gan", 1)["mean"] == pytest.approx(0.115, abs=1e-3)
    said = headline(analysis)
    assert said.startswith("Over 4 data sets: gan (ratio 4) harmed kmeans on identity. gan (ratio 1) helped")
    assert "On each data set alone, of 16 verdicts: harms 4, helps 4" in said
    lines = {(line.arm, line.ratio): line for line in pooled_answers(analysis)["kmeans on identity"]}
    assert lines["gan", "1"].data_sets == ["digits +0.100", "letters +0.110", "pendigits +0.120", "usps +0.130"]
    assert "to be a gain with a probability of more than 0.99" in lines["gan", "1"].prediction
    assert "against duplicate" in lines["gan", "1"].evidence
    assert lines["gan", "1"].beyond_copies.startswith("beyond copies +0.1")
    assert table_text(analysis).count("a nominal 95 % covers .89 to .91") == 1


def test_more_data_sets_are_asked_for_where_these_leave_it_undecided(make: Make) -> None:
    """Effects of .12 ± .09 over four sets: a t test at a side of .0125 finds such a mean with ten of them."""
    analysis = analyse(study(make, [{"gan": (gain, 0.0)} for gain in (0.2, 0.1, 0.18, 0.0)]))
    (line,) = [step for step in next_steps(analysis) if "data sets" in step]
    assert line.startswith("over data sets, kmeans on identity: more seeds cannot stand in for more data sets")
    count = int(line.partition("gan at ratio 1 with about ")[2].split()[0].rstrip(","))
    assert 7 <= count <= 20
    decided = analyse(study(make, [{"gan": (0.1, 0.1)} for _ in SETS]))
    assert not [step for step in next_steps(decided) if "data sets" in step]


def test_the_run_of_the_study_has_the_effects_over_data_sets(make: Make) -> None:
    result = study(make, [{"gan": (0.1 + 0.01 * place, 0.0)} for place in range(4)])
    analysis = analyse(result)
    record = Record(name="sets", commands=["synthmix run -m"], created="2026-01-01T00:00:00+00:00")
    metrics = study_record(record, result, analysis, "", [], Path()).metrics
    found = row(analysis, "gan", 1)
    for key in ("mean", "simultaneous_low", "p_adjusted", "prediction_high", "gain"):
        assert metrics[f"over_data_sets/gan r_1/{key}"] == pytest.approx(found[key])


def test_a_gain_on_half_of_the_data_sets_is_undecided_though_each_alone_is_clear(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (sign * 0.1, 0.0)} for sign in (1, -1, 1, -1)]))
    alone = analysis.summary.query("arm == 'gan' and `mix.ratio` == 1").set_index("data.name")["verdict"].to_dict()
    assert alone == {"digits": "helps", "letters": "harms", "pendigits": "helps", "usps": "harms"}
    found = row(analysis, "gan", 1)
    assert found["verdict"] == "undecided"
    assert found["between"] == pytest.approx(np.std([0.1, -0.1, 0.1, -0.1], ddof=1), rel=0.02)
    assert found["gain"] == pytest.approx(0.5, abs=0.01)
    assert found["prediction_low"] < -0.2 < 0.2 < found["prediction_high"]


def test_intervals_and_p_are_those_of_t_over_data_sets_adjusted_for_what_is_pooled(make: Make) -> None:
    """Equal errors: weights are equal, and the guard of Hartung and Knapp leaves the plain t of the means."""
    means = [0.1, 0.3, 0.2, 0.5]
    analysis = analyse(study(make, [{"gan": (mean, mean)} for mean in means]))
    found, mean = row(analysis, "gan", 1), np.mean(means)
    error = np.std(means, ddof=1) / 2
    for low, high, tail in (("low", "high", 0.025), ("simultaneous_low", "simultaneous_high", 0.025 / 2)):
        half = stats.t.isf(tail, 3) * error
        assert (found[low], found[high]) == pytest.approx((mean - half, mean + half), rel=1e-3)
    assert found["p_adjusted"] == pytest.approx(2 * 2 * stats.t.sf(mean / error, 3), rel=1e-2)


def test_a_gain_that_copies_have_too_does_not_help(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (0.1, 0.1), "duplicate": (0.1, 0.1)}] * 4))
    assert row(analysis, "gan", 1)["verdict"] != "helps"
    assert row(analysis, "gan", 1)["lead"] == pytest.approx(0, abs=1e-9)


def test_learners_are_pooled_each_by_itself(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (0.1, 0.1)}] * 3, learners=("gmm", "kmeans")))
    assert list(analysis.groups) == ["gmm on identity", "kmeans on identity"]
    assert len(analysis.pooled) == 4
    assert set(analysis.pooled["data_sets"]) == {"digits, letters, pendigits"}


def test_two_data_sets_say_nothing_of_a_third(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (0.1, 0.1)}] * 2))
    found = row(analysis, "gan", 1)
    assert np.isnan([found["prediction_low"], found["gain"]]).all()
    assert "Two data sets say nothing of a third" in pooled_answers(analysis)["kmeans on identity"][0].prediction
    assert analysis.rankings == []


def test_one_data_set_has_nothing_over_data_sets(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (0.1, 0.1)}]))
    assert len(analysis.over) == len(analysis.pooled) == len(analysis.groups) == 0
    assert "data sets" not in headline(analysis)


@pytest.mark.parametrize("change", [{"sequential": True}, {"exploratory": True}, {"seeds_to_come": 2}])
def test_what_was_not_planned_has_no_verdict_over_data_sets(change: dict[str, Any], make: Make) -> None:
    planned = {"planned_seeds": range(8)} if "seeds_to_come" in change else {}
    result = replace(study(make, [{"gan": (0.1, 0.1)}] * 3), **change, **planned)
    assert not analyse(result).over


def test_sets_of_one_collection_are_pooled_at_each_size_as_data_sets_are(make: Make) -> None:
    """ADBench is one source of several sets, which `data.set` tells apart and `data.name` does not."""
    gains = [{"gan": (0.1 + 0.01 * place, 0.0)} for place in range(3)]
    one_size = study(make, gains)
    tables = {}
    for part in ("cells", "curve", "runs"):
        table = getattr(one_size, part)
        table = table.assign(**{"data.set": table["data.name"], "data.name": "adbench"})
        tables[part] = pd.concat([table, table.assign(**{"data.n_train": 2 * table["data.n_train"]})])
    analysis = analyse(replace(one_size, **tables))
    assert len(analysis.groups) == 2
    at_ratio_1 = analysis.pooled.query("arm == 'gan' and `mix.ratio` == 1").set_index("data.n_train")
    assert at_ratio_1["data_sets"].unique().tolist() == ["adbench digits, adbench letters, adbench pendigits"]
    assert "data.set" not in at_ratio_1
    assert at_ratio_1["mean"].to_dict() == {100: pytest.approx(0.11, abs=1e-3), 200: pytest.approx(0.11, abs=1e-3)}


def test_a_loss_is_pooled_by_its_share_of_the_baseline(make: Make) -> None:
    """On the second data set everything is a hundred times as large: the share is the same."""
    result = study(make, [{"gan": (-0.1, -0.1)}] * 3)
    name = {"cluster/ari": "cluster/held_out_loss"}
    cells, curve = result.cells.rename(columns=name), result.curve.rename(columns=name)
    for table in (cells, curve):
        table.loc[table["data.name"] == "letters", "cluster/held_out_loss"] *= 100
    analysis = analyse(replace(result, cells=cells, curve=curve, score="cluster/held_out_loss"))
    found = row(analysis, "gan", 1)
    assert found["relative"]
    assert found["mean"] == pytest.approx(-0.1 / 0.535, rel=0.02)
    assert found["gain"] > 0.99  # a loss that falls
    assert found["verdict"] == "helps"


def test_where_val_is_scored_too_errors_are_the_populations(make: Make) -> None:
    result = study(make, [{"gan": (0.1, 0.1)}] * 3)
    noise = np.random.default_rng(0).normal(0, 0.05, len(result.cells))
    cells = result.cells.assign(**{"val/ari": result.cells["cluster/ari"] + noise})
    sizes = Sizes(n_points=1797, n_val=300, n_test=497, official_test=False)
    plain = analyse(replace(result, cells=cells))
    known = analyse(replace(result, cells=cells, sizes=dict.fromkeys(SETS, sizes)))
    wide = row(known, "gan", 1)
    assert wide["high"] - wide["low"] > row(plain, "gan", 1)["high"] - row(plain, "gan", 1)["low"]
    of_one = cells[cells["data.name"] == "digits"].set_index(["model.name", "mix.ratio", "seed"]).sort_index()
    # Real points alone are one cell; here each arm has a copy, of which the first is taken.
    test, val = (
        of_one.loc[("gan", 1), column] - of_one.loc[("duplicate", 0), column] for column in ("cluster/ari", "val/ari")
    )
    common = overlap(n_points=1797, n_train=100, n_val=300, n_test=497, official_test=False)
    error, degrees = population_error(test.to_numpy()[:, None], val.to_numpy()[:, None], common)
    half = stats.t.isf(0.025, degrees[0]) * error[0]
    (alone,) = known.summary.query("`data.name` == 'digits' and arm == 'gan' and `mix.ratio` == 1").to_dict("records")
    assert (alone["population_low"], alone["population_high"]) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-9)
    assert plain.summary["population_low"].isna().all()


def test_arms_are_ranked_at_each_ratio_without_the_oracle(make: Make) -> None:
    analysis = analyse(study(make, [{"gan": (0.1, -0.1), "vae": (0.05, 0.05)}] * 3))
    first, second = analysis.rankings
    assert (first.ratio, second.ratio, first.ranks.data_sets) == (1, 4, 3)
    assert list(first.ranks.arms)[:2] == ["gan", "vae"]
    assert list(second.ranks.arms)[-1] == "gan"
    assert dict(zip(first.ranks.arms, first.ranks.mean, strict=True)) == {
        **{"gan": 1, "vae": 2},
        **dict.fromkeys(("duplicate", "jitter", "real points alone"), 4),  # level, so that they share ranks 3 to 5
    }
