"""The tables of an analysis, computed by hand and by scipy from cells that are written down."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthmix.analysis.analysis import analyse, distances_of
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import setting_title
from synthmix.tasks.clustering.metrics import METRICS

BLOCK = {"clusterer.name": "kmeans", "representation.name": "identity", "data.name": "digits", "data.n_train": 100}
SEEDS = range(8)
ROLES = {"duplicate": "placebo", "bootstrap": "placebo", "jitter": "control", "smote": "control"}
ROLES |= {"real": "oracle", "truth": "oracle"}


def cell(model: str, ratio: float, seed: int, score: float | None, **keys: Any) -> dict[str, Any]:
    """A row of a study; without a score it has failed."""
    named = {key.replace("__", "."): value for key, value in keys.items()}
    metrics = {} if score is None else {"cluster/ari": score}
    row = {"model.name": model, **BLOCK, "mix.ratio": ratio, "seed": seed, **named}
    return row | {"status": "failed" if score is None else "finished"} | metrics


def arm(model: str, ratio: float, gain: float, **keys: Any) -> list[dict[str, Any]]:
    """Its cells: each seed has its own level and its own luck."""
    luck = np.random.default_rng([len(model), int(100 * ratio)]).normal(0, 0.01, len(SEEDS)) if ratio else [0.0] * 8
    return [cell(model, ratio, seed, 0.5 + 0.02 * seed + gain + luck[seed], **keys) for seed in SEEDS]


def study(cells: Iterable[dict[str, Any]], curve: Iterable[dict[str, Any]] = (), **fields: Any) -> StudyResult:
    table = pd.DataFrame(list(cells))
    keys = [key for key in table if key not in ("status", "mix.ratio", "seed") and "/" not in key]
    order = [*keys, "mix.ratio", "seed", "status", *(key for key in table if "/" in key)]
    given = {
        "name": "study",
        "cells": table[order],
        "curve": pd.DataFrame(list(curve), columns=order),
        "runs": pd.DataFrame(),
        "score": "cluster/ari",
        "choose_by": "silhouette",
        "learner": "clusterer",
        "metrics": METRICS,
        "roles": {model: ROLES.get(model, "generator") for model in table["model.name"]},
        "config": "gate.name: none\nmix.synthetic_weight: 1.0\n",
        "commands": ["synthmix run -m"],
        "tracking_uri": "sqlite:///mlflow.db",
    }
    return StudyResult(**(given | fields))


def indexed(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return table.set_index(list(keys)).sort_index()


STUDY = [
    *arm("gan", 0, 0),
    *arm("gan", 1, 0.1),
    *arm("gan", 4, 0.01),
    *arm("vae", 0, 0),
    *arm("vae", 1, -0.1),
    *arm("vae", 4, 0.0),
    *arm("duplicate", 0, 0),
    *arm("duplicate", 1, 0),
    *arm("jitter", 1, 0.02),
    *arm("real", 1, 0.05),
    *arm("real", 4, 0.15),
]


def test_longer_cells_of_the_oracle_are_on_the_curve_and_no_arm_of_the_study() -> None:
    added = [*arm("vae", 0, -0.2, data__n_train=50), *arm("real", 7, 0.3)]
    one, other = analyse(study(STUDY)), analyse(study(STUDY, added))
    sizes = {(row["n"], row["source"]) for row in other.curve.to_dict("records")}
    assert sizes == {(50, "real only"), (100, "real only"), (200, "oracle"), (500, "oracle"), (800, "oracle")}
    longest = other.curve.set_index("n").loc[800, "mean"]
    assert longest == pytest.approx(np.mean([row["cluster/ari"] for row in added if row["mix.ratio"] == 7]))
    columns = ["arm", "mix.ratio", "mean", "difference", "verdict", "p_adjusted"]
    pd.testing.assert_frame_equal(one.summary[columns], other.summary[columns])


def test_a_longer_cell_of_the_oracle_is_no_baseline() -> None:
    """It stands before real points alone where the study has added these too, as `real` does before `vae`."""
    added = [*arm("real", 7, 0.3), *arm("vae", 0, 0)]
    mixed = [row for row in STUDY if row["mix.ratio"] > 0]
    rows = [analyse(study(cells, added)).summary.set_index(["arm", "mix.ratio"]) for cells in (STUDY, mixed)]
    assert rows[1]["difference"].to_dict() == pytest.approx(rows[0]["difference"].to_dict(), nan_ok=True)


def test_effects_are_those_of_scipy() -> None:
    summary = indexed(analyse(study(STUDY)).summary, "model.name", "mix.ratio")
    scores = pd.DataFrame(STUDY).pivot(index="seed", columns=["model.name", "mix.ratio"], values="cluster/ari")
    row = summary.loc[("gan", 1)]
    of_mean = stats.ttest_1samp(scores["gan", 1], 0).confidence_interval(0.95)
    paired = stats.ttest_rel(scores["gan", 1], scores["gan", 0])
    of_difference = paired.confidence_interval(0.95)
    assert [row["seeds"], row["mean"], row["sd"]] == pytest.approx(
        [8, scores["gan", 1].mean(), scores["gan", 1].std(ddof=1)]
    )
    assert (row["low"], row["high"]) == pytest.approx((of_mean.low, of_mean.high))
    assert row["difference"] == pytest.approx((scores["gan", 1] - scores["gan", 0]).mean())
    assert row["difference_sd"] == pytest.approx((scores["gan", 1] - scores["gan", 0]).std(ddof=1))
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((of_difference.low, of_difference.high))
    assert row["p"] == pytest.approx(2 / 2**8)  # a gain on every seed


def test_the_family_is_the_generators_of_the_whole_study() -> None:
    other = [row | {"clusterer.name": "gmm"} for row in STUDY if row["model.name"] != "vae"]
    analysis = analyse(study([*STUDY, *other]))
    family = indexed(analysis.family, "clusterer.name")
    assert family.loc["kmeans", ["tests", "seeds"]].tolist() == [4, 8]
    assert family.loc["gmm", ["tests", "seeds"]].tolist() == [2, 8]
    assert (family["smallest_p"] == 2**-7).all()
    summary = indexed(analysis.summary, "clusterer.name", "model.name", "mix.ratio")
    judged = summary["verdict"] != ""
    assert set(summary.index[judged].get_level_values("model.name")) == {"gan", "vae"}
    assert set(summary.loc[judged, "role"]) == {"generator"}
    assert (summary["p_adjusted"].notna() == judged).all()
    assert (summary.loc[judged, "p_adjusted"] >= summary.loc[judged, "p_setting"]).all()
    assert summary.loc[("kmeans", "jitter", 1), "p"] < 0.05  # tested by itself, and of no family


def test_of_a_setting_alone_the_adjustment_is_that_of_a_study_of_it_alone() -> None:
    other = [row | {"clusterer.name": "gmm"} for row in STUDY if row["model.name"] != "vae"]
    both, alone = analyse(study([*STUDY, *other])), analyse(study(STUDY))
    of_kmeans = both.summary[both.summary["clusterer.name"] == "kmeans"]
    found = of_kmeans["p_setting"].to_numpy(), alone.summary["p_adjusted"].to_numpy()
    np.testing.assert_array_equal(*found)


def test_the_least_effect_that_is_found_grows_with_the_spread_and_the_family() -> None:
    """By the noncentral t: eight seeds, a level of .025 on each side, shared by all contrasts, a power of .8."""
    analysis = analyse(study(STUDY))
    row = analysis.family.iloc[0]
    contrasts = sum(len(one.verdict.contrasts) for one in analysis.verdicts)
    assert contrasts == 2 * len(analysis.verdicts) == 8  # to real points alone and to copies
    critical = stats.t.isf(0.025 / contrasts, 7)
    found = row["detectable"] / row["sd"] * math.sqrt(8)
    assert stats.nct.sf(critical, 7, found) == pytest.approx(0.8, abs=1e-6)


def test_a_study_of_controls_has_no_family() -> None:
    analysis = analyse(study(row for row in STUDY if row["model.name"] in ("duplicate", "real")))
    row = analysis.family.iloc[0]
    assert (row["tests"], row["seeds"]) == (0, 0)
    assert row[["smallest_p", "margin", "detectable"]].isna().all()
    assert not analysis.verdicts


def test_each_arm_has_the_one_baseline_of_its_block() -> None:
    """Jitter and real have no ratio 0 of their own."""
    baseline = analyse(study(STUDY)).summary.query("role == 'baseline'")
    assert sorted(baseline["arm"]) == ["duplicate", "gan", "jitter", "real", "vae"]
    assert baseline["mean"].unique() == pytest.approx([0.57])
    assert (baseline["seeds"] == 8).all()
    assert baseline[["difference", "p", "exchange", "fd"]].isna().all(axis=None)
    assert set(baseline["exchange_status"]) == {""}


def test_roles() -> None:
    models = ("gan", "duplicate", "bootstrap", "jitter", "smote", "real", "truth")
    summary = analyse(study(row for model in models for row in arm(model, 1, 0))).summary
    assert summary.query("`mix.ratio` == 1").set_index("arm")["role"].to_dict() == {
        "gan": "generator",
        "duplicate": "placebo",
        "bootstrap": "placebo",
        "jitter": "control",
        "smote": "control",
        "real": "oracle",
        "truth": "oracle",
    }


def test_without_ratio_0_the_curve_is_the_baseline() -> None:
    added = [*arm("real", 0, 0), *arm("real", 0, -0.1, data__n_train=50)]
    swept = analyse(study(STUDY, added)).summary
    unswept = analyse(study([row for row in STUDY if row["mix.ratio"]], added)).summary
    pd.testing.assert_frame_equal(swept, unswept)


def test_only_seeds_that_both_have_are_compared() -> None:
    cells = [*(cell("gan", 0, seed, 0.1 * seed) for seed in (0, 1, 2, 3)), cell("gan", 0, 4, None)]
    cells += [*(cell("gan", 1, seed, 0.1 * seed + 0.01) for seed in (2, 3, 4, 5)), cell("gan", 1, 0, None)]
    row = indexed(analyse(study(cells)).summary, "mix.ratio").loc[1]
    assert row["seeds"] == 4
    assert row["mean"] == pytest.approx(0.36)
    assert (row["difference"], row["difference_low"], row["difference_high"]) == pytest.approx((0.01, 0.01, 0.01))
    assert row["p"] == 0.5  # two pairs


def test_an_arm_without_a_result_keeps_its_row() -> None:
    summary = analyse(study([*STUDY, *(cell("flow", 1, seed, None) for seed in SEEDS)])).summary
    row = indexed(summary, "model.name", "mix.ratio").loc[("flow", 1)]
    assert row["seeds"] == 0
    assert row[["mean", "difference", "p", "exchange"]].isna().all()
    assert row["exchange_status"] == ""


def test_a_study_in_which_everything_failed() -> None:
    cells = [cell("gan", ratio, seed, None) for ratio in (0, 1) for seed in (0, 1)]
    analysis = analyse(study(cells))
    assert analysis.summary["seeds"].tolist() == [0, 0]
    assert len(analysis.curve) == len(analysis.best) == 0


def test_settings_of_a_model_make_arms_and_those_of_a_clusterer_make_blocks() -> None:
    cells = [
        cell(model, ratio, seed, seed + ratio * (steps or 1) + eps, model__steps=steps, clusterer__eps=eps)
        for model, steps in (("gan", 10), ("gan", 20), ("duplicate", None))
        for eps in (0.5, 0.25)
        for ratio in (0.0, 1.0)
        for seed in (0, 1, 2)
    ]
    analysis = analyse(study(cells))
    assert analysis.family["clusterer.eps"].tolist() == [0.25, 0.5]
    assert analysis.family["tests"].tolist() == [2, 2]
    mixed = analysis.summary.query("`mix.ratio` == 1").set_index(["clusterer.eps", "arm"])
    assert mixed["difference"].to_dict() == {
        (eps, name): pytest.approx(gain)
        for eps in (0.5, 0.25)
        for name, gain in (("duplicate", 1), ("gan model.steps=10", 10), ("gan model.steps=20", 20))
    }


def test_the_learning_curve_takes_real_points_below_n_and_the_oracle_above() -> None:
    added = [*arm("gan", 0, -0.2, data__n_train=25), *arm("gan", 0, -0.1, data__n_train=50)]
    analysis = analyse(study(STUDY, added))
    curve = analysis.curve
    assert list(zip(curve["n"], curve["source"], strict=True)) == [
        *((25, "real only"), (50, "real only"), (100, "real only"), (200, "oracle"), (500, "oracle")),
    ]
    assert curve["mean"].to_numpy() == pytest.approx([0.37, 0.47, 0.57, 0.62, 0.72], abs=0.01)
    assert curve["fitted"].to_numpy() == pytest.approx(curve["mean"].to_numpy())  # it rises all along
    assert (curve["seeds"] == 8).all()
    summary = indexed(analysis.summary, "model.name", "mix.ratio")
    # +.1 lies halfway between the oracle's +.05 with 200 points and +.15 with 500, on a scale of log n.
    rate = summary.loc[("gan", 1)]
    assert rate["exchange_low"] < (math.sqrt(200 * 500) - 100) / 100 < rate["exchange_high"]
    assert summary.loc[("duplicate", 1), "exchange"] == pytest.approx(0, abs=0.2)
    # −.1 is what 50 points have.
    assert summary.loc[("vae", 1), "exchange"] == pytest.approx(-0.5, abs=0.1)
    assert summary.loc[("real", 1), "exchange_status"] == ""  # it is the curve


def test_another_size_of_the_study_is_on_the_curve_too() -> None:
    cells = [*STUDY, *arm("gan", 0, -0.1, data__n_train=50), *arm("gan", 1, -0.05, data__n_train=50)]
    curve = analyse(study(cells)).curve
    sizes = {n: of_block["n"].tolist() for n, of_block in curve.groupby("data.n_train")}
    assert sizes == {50: [50, 100], 100: [50, 100, 200, 500]}


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ("mix.synthetic_weight: 0.5\ngate.name: none", {}),
        ("gate.name: density", {}),
        ("gate.name: none", {"mix__synthetic_weight": 0.5}),
        ("mix.synthetic_weight: 1.0", {"gate__name": "density"}),
    ],
)
def test_weighted_or_gated_points_of_the_oracle_are_not_on_the_curve(config: str, keys: dict[str, Any]) -> None:
    cells = [*arm("real", 0, 0, **keys), *arm("real", 1, 0.05, **keys)]
    analysis = analyse(study(cells, config=config))
    assert analysis.curve["source"].tolist() == ["real only"]
    assert analysis.summary.query("role == 'oracle'")["exchange_status"].tolist() == ["not identified"]
    assert any("the learning curve ends at n" in warning for warning in analysis.warnings)


def test_a_score_that_is_better_the_lower_it_is() -> None:
    """Davies-Bouldin: the curve falls, and what a gain is worth comes out as for its negative."""
    added = [*arm("gan", 0, -0.2, data__n_train=25), *arm("gan", 0, -0.1, data__n_train=50)]
    result = study(STUDY, added)
    mirrored = replace(result, score="cluster/davies_bouldin")
    for table in (mirrored.cells, mirrored.curve):
        table["cluster/davies_bouldin"] = -table["cluster/ari"]
    rates = ["exchange", "exchange_low", "exchange_high"]
    higher, lower = analyse(result), analyse(mirrored)
    pd.testing.assert_frame_equal(lower.summary[rates], higher.summary[rates])
    assert lower.summary["difference"].dropna().to_numpy() == pytest.approx(-higher.summary["difference"].dropna())
    assert lower.curve["fitted"].to_numpy() == pytest.approx(-higher.curve["fitted"])


def test_the_distance_is_that_of_the_classifier_where_there_is_one() -> None:
    def with_distances(**distances: float) -> list[dict[str, Any]]:
        return [row | {f"quality/{name}": value for name, value in distances.items()} for row in arm("gan", 1, 0)]

    for distances, expected in (({"fd_pca": 3.0}, 3), ({"fd_pca": 3.0, "fd_classifier": 7.0}, 7), ({}, math.nan)):
        summary = analyse(study([*arm("gan", 0, 0), *with_distances(**distances)])).summary
        assert summary.query("`mix.ratio` == 1")["fd"].tolist() == pytest.approx([expected], nan_ok=True)


def test_the_keys_of_the_cells_lead_to_the_rows_of_the_summary() -> None:
    result = study([*STUDY, *arm("gan", 1, 0, model__steps=10), *arm("gan", 1, 0, model__steps=20)])
    summary = analyse(result).summary
    keys = [*result.cells.columns[: list(result.cells).index("seed")]]
    assert list(summary)[: len(keys)] == keys
    merged = result.cells.merge(summary, on=keys, validate="many_to_one")
    assert len(merged) == len(result.cells)


def test_the_order_of_the_cells_does_not_matter() -> None:
    shuffled = study(STUDY)
    shuffled = replace(shuffled, cells=shuffled.cells.sample(frac=1, random_state=0).reset_index(drop=True))
    pd.testing.assert_frame_equal(analyse(study(STUDY)).summary, analyse(shuffled).summary)


def test_distances_of_several_data_sets_are_of_one_kind_where_all_have_it() -> None:
    nan = float("nan")
    keys = {"data.name": ["mnist", "digits", "mnist"], "mix.ratio": [1.0, 1.0, 0.0]}
    cells = pd.DataFrame({**keys, "quality/fd_classifier": [3.0, nan, nan], "quality/fd_pca": [1.0, 2.0, nan]})
    assert distances_of(cells) == ["quality/fd_pca"]
    assert distances_of(cells[cells["data.name"] == "mnist"]) == ["quality/fd_classifier"]
    assert len(distances_of(cells.assign(**{"quality/fd_pca": [nan, 2.0, nan]}))) == 2  # none in common


def test_a_setting_is_titled_by_what_its_score_judges() -> None:
    keys = {"clusterer.name": "kmeans", "representation.name": "vae", "data.name": "digits", "data.n_train": 100}
    assert setting_title(keys, ["clusterer.name"], "clusterer", of_learner=True) == "kmeans on vae"
    assert setting_title(keys, [], "clusterer", of_learner=False) == "vae"
    assert setting_title(keys, ["clusterer.name", "data.name"], "clusterer", of_learner=False) == (
        "vae, with kmeans, digits"
    )
