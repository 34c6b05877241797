"""The tables of a study, computed by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from synthmix.study.job import Outcome
from synthmix.study.table import arm_table, cells_table, table_text

BASE = {
    "clusterer.name": "kmeans",
    "representation.name": "identity",
    "data.name": "digits",
    "data.n_train": 100,
    "tracking.uri": None,
}


def outcome(model: str, ratio: float, seed: int, ari: float | None, fd: float | None = None, **keys: Any) -> Outcome:
    """A cell with the score, and the model's distance where it has one; without a score it has failed."""
    config = BASE | {"model.name": model, "mix.ratio": ratio, "seed": seed, "tracking.pictures": f"{seed}"}
    config |= {key.replace("__", "."): value for key, value in keys.items()}
    metrics = {} if ari is None else {"cluster/ari": ari} | ({} if fd is None else {"quality/fd_pca": fd})
    return Outcome("failed" if ari is None else "finished", config, metrics)


STUDY = [
    outcome("gan", 1, 0, 0.5, 3.0),
    outcome("gan", 0, 1, 0.2),
    outcome("gan", 1, 1, 0.4, 5.0),
    outcome("gan", 0, 0, 0.4),
    outcome("gan", 1, 2, None),
    outcome("gan", 0, 2, 0.9),
    outcome("duplicate", 0, 0, 0.4),
    outcome("duplicate", 0, 1, 0.2),
    outcome("duplicate", 0, 2, 0.9),
]


def test_cells_are_sorted_by_their_keys_whatever_order_they_came_in() -> None:
    table = cells_table(STUDY)
    assert list(table) == [
        *("model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"),
        *("status", "cluster/ari", "quality/fd_pca"),
    ]
    keys = list(zip(table["model.name"], table["mix.ratio"], table["seed"], strict=True))
    assert keys == sorted((o.config["model.name"], o.config["mix.ratio"], o.config["seed"]) for o in STUDY)
    assert table.equals(cells_table(STUDY[::-1]))
    assert table["status"].tolist().count("failed") == 1


def test_mean_spread_and_paired_difference() -> None:
    table = arm_table(cells_table(STUDY), "cluster/ari").set_index(["model.name", "mix.ratio"])
    mixed, baseline = table.loc[("gan", 1)], table.loc[("gan", 0)]
    assert mixed["seeds"] == 2
    assert mixed["mean"] == pytest.approx(0.45)
    assert mixed["sd"] == pytest.approx(math.sqrt(0.005))  # of .5 and .4
    # Seed 0 gains .1 and seed 1 gains .2; seed 2 failed and is in neither.
    assert mixed["difference"] == pytest.approx(0.15)
    assert mixed["difference_sd"] == pytest.approx(math.sqrt(0.005))
    assert mixed["fd"] == pytest.approx(4.0)
    assert (baseline["seeds"], baseline["mean"], baseline["difference"]) == (3, pytest.approx(0.5), 0)
    assert math.isnan(baseline["fd"])
    assert table.loc[("duplicate", 0)]["mean"] == pytest.approx(0.5)


def test_a_single_seed_has_no_spread() -> None:
    table = arm_table(cells_table([outcome("gan", 0, 0, 0.25), outcome("gan", 2, 0, 0.5)]), "cluster/ari")
    assert table["difference"].tolist() == [0, 0.25]
    assert table["sd"].isna().all()
    assert "  gan               2     1  0.500          +0.250" in table_text(table, "cluster/ari")


def test_a_study_on_all_points_is_paired_too() -> None:
    cells = [outcome("gan", ratio, seed, 0.1 * ratio + seed, data__n_train=None) for ratio in (0, 1) for seed in (0, 1)]
    table = arm_table(cells_table(cells), "cluster/ari")
    assert table["difference"].tolist() == [0, pytest.approx(0.1)]
    assert "kmeans on identity, all of digits" in table_text(table, "cluster/ari")


@pytest.mark.parametrize("key", ["model__steps", "mix__synthetic_weight", "clusterer__eps", "data__n_train"])
def test_a_setting_that_is_swept_over_makes_arms_of_its_own(key: str) -> None:
    cells = [
        outcome("gan", ratio, seed, seed + ratio * value, **{key: value})
        for ratio in (0, 1)
        for seed in (0, 1)
        for value in (10, 20)
    ]
    name = key.replace("__", ".")
    table = arm_table(cells_table(cells), "cluster/ari").set_index([name, "mix.ratio"])
    assert table["difference"].to_dict() == {(10, 0): 0, (20, 0): 0, (10, 1): 10, (20, 1): 20}
    assert set(table["seeds"]) == {2}


def test_settings_that_belong_to_a_name_are_no_arms() -> None:
    cells = [outcome("gan", 1, 0, 0.5, model__steps=10), outcome("vae", 1, 0, 0.5, model__steps=20, model__beta=1)]
    assert "model.steps" not in cells_table(cells)


def test_settings_that_are_lists_or_of_mixed_types_are_sorted_as_texts() -> None:
    cells = [outcome("gan", 1, 0, 0.5, clusterer__eps=eps, model__hidden=[1, eps]) for eps in ("auto", 0.5, None)]
    table = cells_table(cells)
    assert table["clusterer.eps"].tolist() == [0.5, "auto", None]
    assert table["model.hidden"].tolist() == ["[1, 0.5]", "[1, 'auto']", "[1, None]"]
    assert len(arm_table(table, "cluster/ari")) == 3


def test_the_text_has_a_block_for_each_clusterer() -> None:
    other = [outcome("gan", ratio, seed, 0.25, clusterer__name="gmm") for ratio in (0, 1) for seed in (0, 1)]
    text = table_text(arm_table(cells_table([*STUDY, *other]), "cluster/ari"), "cluster/ari")
    assert text.splitlines() == [
        "cluster/ari: mean ± sd over seeds; difference: paired with ratio 0; fd: of the generator's samples",
        "",
        "gmm on identity, 100 of digits",
        "  model         ratio seeds  mean ± sd      difference ± sd         fd",
        "  gan               0     2  0.250 ± 0.000",
        "  gan               1     2  0.250 ± 0.000  +0.000 ± 0.000",
        "",
        "kmeans on identity, 100 of digits",
        "  model         ratio seeds  mean ± sd      difference ± sd         fd",
        "  duplicate         0     3  0.500 ± 0.361",
        "  gan               0     3  0.500 ± 0.361",
        "  gan               1     2  0.450 ± 0.071  +0.150 ± 0.071           4",
    ]


def test_an_arm_is_written_with_its_settings() -> None:
    cells = [outcome("gan", 1, 0, 0.5, model__hidden=[width]) for width in (10, 20)]
    text = table_text(arm_table(cells_table([*cells, outcome("duplicate", 1, 0, 0.5)]), "cluster/ari"), "cluster/ari")
    assert [line.split("  ")[1] for line in text.splitlines()[4:]] == [
        *("duplicate", "gan model.hidden=[10]", "gan model.hidden=[20]"),
    ]


def test_the_tables_are_frames_with_plain_columns() -> None:
    assert isinstance(cells_table(STUDY), pd.DataFrame)
    assert arm_table(cells_table(STUDY), "cluster/ari").columns.tolist()[-6:] == [
        *("seeds", "mean", "sd", "difference", "difference_sd", "fd"),
    ]
