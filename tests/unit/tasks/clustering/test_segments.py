"""What tells clusters apart, by answers that were found in another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthmix.data.columns import Cells
from synthmix.metric import HeldOut
from synthmix.plots.space import Space
from synthmix.spec import Column
from synthmix.tasks.clustering.outputs import ASSIGNMENTS as ASSIGNED
from synthmix.tasks.clustering.pictures import tables
from synthmix.tasks.clustering.segments import cliffs_delta, profile, standing, written

ASSIGNMENTS = np.array([2, 2, 2, 5, 5, 5, -1])
COLUMNS = [
    Cells(Column("income", "numeric"), np.array([10.0, 11.0, 12.0, 100.00001, 110.0, 1e7, 50.0])),
    Cells(Column("owner", "boolean", ("no", "yes")), np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0]), 2),
    Cells(Column("size", "ordinal", ("small", "middle", "large")), np.array([2.0, 1.0, 2.0, 0.0, 1.0, 0.0, 1.0]), 3),
    Cells(Column("town", "categorical", ("A", "B", "C"), n_seen=2), np.array([0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0]), 3),
    Cells(Column("since", "date", decimals=0), np.array([0.0, 86400.0, 172800.0, 0.0, 0.0, 0.0, 0.0])),
]


def test_cliffs_delta_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    values, inside = rng.integers(5, size=60).astype(float), rng.random(60) < 0.4
    pairs = np.sign(values[inside][:, None] - values[~inside])
    assert cliffs_delta(values, inside) == pytest.approx(pairs.mean())


def test_a_profile_is_in_the_units_and_levels_of_the_file() -> None:
    table = profile(COLUMNS, ASSIGNMENTS).set_index(["cluster", "column", "level"])
    assert set(table["points"].loc[2]) == {3}
    assert set(table["share"].loc[2]) == {3 / 7}
    rows = {key: row for key, row in table.iterrows() if isinstance(key, tuple)}
    by_column = {(key[0], key[1]): row for key, row in rows.items()}
    assert (by_column[2, "income"]["median"], by_column[5, "income"]["median"]) == (11.0, 110.0)
    assert by_column[2, "income"]["median_of_all"] == 50.0
    assert by_column[2, "income"]["apart"] == -1.0
    assert (by_column[2, "size"]["median"], by_column[5, "size"]["median"]) == ("large", "small")
    assert by_column[2, "since"]["median"] == "1970-01-02"
    owners = table.xs("yes", level="level")
    assert owners["share_with_level"].to_dict() == {(2, "owner"): pytest.approx(1 / 3), (5, "owner"): 1.0}
    assert owners["apart"].loc[(5, "owner")] == pytest.approx(1.0 - 1 / 4)  # the difference to the share outside
    towns = table.xs("town", level="column")["share_with_level"].unstack().loc[5]
    assert towns.to_dict() == pytest.approx({"A": 0.0, "B": 2 / 3, "not in train": 1 / 3})


def test_what_sets_a_cluster_apart_most_comes_first() -> None:
    table = profile(COLUMNS, ASSIGNMENTS)
    for _, of_cluster in table.groupby("cluster"):
        assert of_cluster["apart"].abs().is_monotonic_decreasing


def test_one_cluster_is_apart_from_nothing() -> None:
    alone = np.array([0, 0, -1, 0, 0, 0, 0])
    assert profile(COLUMNS, alone).empty
    assert standing(np.zeros((7, 2)), alone).empty


def test_typical_points_are_in_the_middle_and_doubtful_ones_between_two_clusters() -> None:
    """Two clusters on a line around 0 and 10, a point at 4.9 of the first, and one far out on its other side."""
    x = np.array([-6.0, -0.1, 0.0, 0.1, 1.1, 4.9, 9.0, 10.0, 11.0])
    found = standing(x[:, None], np.array([0] * 6 + [3] * 3), n_shown=1).set_index(["cluster", "standing"])
    assert found["row"].to_dict() == {(0, "typical"): 2, (0, "doubtful"): 5, (3, "typical"): 7, (3, "doubtful"): 6}
    assert found.loc[(0, "doubtful"), "doubt"] == pytest.approx(4.9 / 5.1)
    assert found.loc[(0, "doubtful"), "nearest_other"] == 3


def test_a_table_is_logged_with_its_points_in_full_and_images_are_not() -> None:
    points = torch.arange(7.0)[:, None]
    held_out = HeldOut({ASSIGNED: ASSIGNMENTS}, points, None, 0)
    logged = dict(tables(held_out, space=Space("identity", points, points[:0], COLUMNS)))
    assert list(logged) == ["segments", "segment_points"]
    first = logged["segment_points"].iloc[0]
    assert first[["cluster", "standing", "income", "town"]].tolist() == [2, "typical", 11.0, "A"]
    assert dict(tables(held_out, space=Space("identity", points, points[:0]))) == {}


def test_points_are_written_as_their_file_has_them() -> None:
    (row,) = written(COLUMNS, np.array([3])).to_dict("records")
    assert row == {"income": 100.0, "owner": "yes", "size": "small", "town": "B", "since": "1970-01-01"}
