"""Scores of columns against independent answers: scipy's, counts by hand, and what is broken on purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from scipy.stats.contingency import association

from synthmix.api import load_dataset
from synthmix.data.base import Splits
from synthmix.data.columns import cells_of
from synthmix.data.encoding import decoded
from synthmix.data.split import split
from synthmix.quality.columns import associations, column_scores, distance, violations

ORDER = ["low", "middle", "high"]
NAMES = ["size", "count", "colour", "yes", "grade", "day"]


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    rng = np.random.default_rng(0)
    n, colour = 900, rng.integers(0, 3, 900)
    frame = pd.DataFrame({
        "size": (rng.normal(size=n) + colour).round(3),
        "count": rng.poisson(5 + 3 * colour),
        "colour": np.array(["red", "blue", "green"])[colour],
        "yes": np.where(rng.random(n) < 0.2 + 0.3 * (colour > 0), "yes", "no"),
        "grade": np.array(ORDER)[rng.integers(0, 3, n)],
        "day": (pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")).strftime("%Y-%m-%d"),
    })  # fmt: skip
    path: Path = tmp_path_factory.mktemp("columns") / "t.csv"
    frame.to_csv(path, index=False)
    table = load_dataset("table", path=path, columns={"grade": ORDER})
    return split(table, seed=0, n_train=300, n_val=300, n_test=100, n_reserve=0)


def frame(points: torch.Tensor, splits: Splits) -> pd.DataFrame:
    return pd.DataFrame(decoded(points, splits.val.spec, splits.scaling))


def scores(points: torch.Tensor, splits: Splits) -> dict[str, float]:
    return column_scores(points, splits, splits.train.x[: len(points)])


def test_distances_of_columns_are_scipys_and_shares_counted_by_hand(splits: Splits) -> None:
    made = splits.train.x
    found = scores(made, splits)
    real, other = frame(splits.val.x, splits), frame(made, splits)
    for name in ("size", "count"):
        assert found[f"ks_{name}"] == pytest.approx(stats.ks_2samp(real[name], other[name]).statistic, abs=1e-12)
    for name in ("colour", "yes", "grade"):
        shares = real[name].value_counts(normalize=True) - other[name].value_counts(normalize=True)
        assert found[f"tv_{name}"] == pytest.approx(0.5 * shares.abs().sum(), abs=1e-12)
    assert found["ks"] == pytest.approx(np.mean([found[f"ks_{name}"] for name in ("size", "count", "day")]))
    assert found["tv"] == pytest.approx(np.mean([found[f"tv_{name}"] for name in ("colour", "yes", "grade")]))
    # The floor here is of the very same points.
    assert all(found[name] == found[f"{name}_floor"] for name in ("ks", "tv", "association_difference", "ks_day"))


def test_associations_are_pearsons_cramers_and_the_correlation_ratio(splits: Splits) -> None:
    points = splits.train.x
    found = associations(cells_of(points, splits.train.spec, splits.scaling))
    real = frame(points, splits)
    size, count, colour, yes, grade = (NAMES.index(name) for name in ("size", "count", "colour", "yes", "grade"))
    assert found[size, count] == pytest.approx(np.corrcoef(real["size"], real["count"])[0, 1], abs=1e-6)
    ranks = real["grade"].map(ORDER.index)
    assert found[size, grade] == pytest.approx(np.corrcoef(real["size"], ranks)[0, 1], abs=1e-6)
    table = pd.crosstab(real["colour"], real["yes"]).to_numpy()
    assert found[colour, yes] == pytest.approx(association(table, method="cramer"), abs=1e-9)
    means = real.groupby("colour")["size"].transform("mean")
    assert found[size, colour] == pytest.approx(np.sqrt(means.var() / real["size"].var()), abs=1e-6)
    np.testing.assert_allclose(found, found.T)


def test_columns_that_were_shuffled_have_nothing_in_common_any_more(splits: Splits) -> None:
    generator = torch.Generator().manual_seed(0)
    apart = splits.train.x.clone()
    apart[:, 0] = apart[torch.randperm(len(apart), generator=generator), 0]
    whole, broken = scores(splits.train.x, splits), scores(apart, splits)
    assert broken["ks_size"] == whole["ks_size"]
    assert broken["association_difference"] > 2 * broken["association_difference_floor"]


def test_violations_are_counted_by_kind_before_they_are_repaired(splits: Splits) -> None:
    x = splits.train.x[:10].clone()
    assert set(violations(x, splits).values()) == {0.0}
    assert splits.scaling is not None
    x[0, 0] = splits.train.x[:, 0].max() + 1  # beyond train
    x[1, 1] += 0.4 / splits.scaling.scale[1].float()  # between two whole numbers
    x[2, 2:5] = x[2, 2:5].mean()  # between three colours
    x[3, 5] = 0.5  # between yes and no
    x[4, 0], x[4, 5] = splits.train.x[:, 0].min() - 1, 0.3  # twice, and counted once
    assert violations(x, splits) == pytest.approx({"violations": 0.5, "out_of_range": 0.2, "off_level": 0.4})


def test_a_level_that_train_lacks_is_out_of_range(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(400.0), "colour": ["red", "blue"] * 200})
    frame.loc[3, "colour"] = "grey"
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = load_dataset("table", path=tmp_path / "t.csv")
    cuts = (split(table, seed=seed, n_train=40, n_val=200, n_test=0, n_reserve=0) for seed in range(50))
    found = next(cut for cut in cuts if (cut.val.x[:, 3] > 0).any())  # the level of all that train has not
    only = found.val.x[found.val.x[:, 3] > 0]
    assert violations(only, found)["out_of_range"] == 1
    levels = cells_of(only, found.val.spec, found.scaling)[1]
    assert (levels.values[0], levels.n_levels) == (2, 3)


def test_numbers_without_columns_have_the_same_scores_but_none_by_name() -> None:
    toy = load_dataset("toy", shape="blobs", n_clusters=4, n_points=600)
    cut = split(toy, seed=0, n_train=200, n_val=200, n_test=100, n_reserve=0)
    found = scores(cut.train.x, cut)
    names = {"ks", "association_difference", "violations", "out_of_range", "off_level"}
    assert set(found) == names | {f"{name}_floor" for name in names}
    assert found["off_level"] == found["violations"] == 0


def test_names_of_columns_become_names_of_metrics(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    odd = ["a (%)", "a [%]", "b_floor", "é"]
    pd.DataFrame(rng.normal(size=(60, 4)), columns=odd).to_csv(tmp_path / "t.csv", index=False)
    table = load_dataset("table", path=tmp_path / "t.csv")
    cut = split(table, seed=0, n_train=20, n_val=20, n_test=10, n_reserve=0)
    found = scores(cut.train.x, cut)
    assert {"ks_a____", "ks_a____.2", "ks_b.floor", "ks_é", "ks_b.floor_floor"} <= set(found)


def test_a_column_of_one_value_has_to_do_with_nothing(splits: Splits) -> None:
    points = splits.train.x.clone()
    points[:, 0], points[:, 2:5] = points[0, 0], points[0, 2:5]
    found = associations(cells_of(points, splits.train.spec, splits.scaling))
    others = [1, 3, 4, 5]
    assert np.abs(found[np.ix_([0, 2], others)]).max() < 1e-12
    levels = cells_of(points, splits.train.spec, splits.scaling)[2]
    assert distance(levels, levels) == 0
