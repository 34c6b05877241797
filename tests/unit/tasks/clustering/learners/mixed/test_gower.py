"""Gower's distance as computed by hand, and medoids by it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from synthmix.spec import Column
from synthmix.tasks.clustering.learners.mixed.gower import GowerKMedoids

pytest.importorskip("kmedoids")

COLUMNS = (
    Column("age", "numeric"),
    Column("colour", "categorical", ("red", "green", "blue"), n_seen=2),
    Column("member", "boolean", ("no", "yes")),
    Column("size", "ordinal", ("S", "M", "L")),
    Column("year", "integer"),
)


def encoded(age: float, colour: int, member: int, size: int, year: int = 2000) -> list[float]:
    """A row as train's encoding has it: numbers and ordered levels standardised, levels √½ in their place."""
    return [(age - 40) / 13, *(np.eye(3)[colour] * 0.5**0.5), float(member), (size - 1.2) / 0.7, (year - 2000) / 1]


ROWS = np.array([encoded(20, 0, 0, 0), encoded(30, 1, 1, 1), encoded(60, 0, 1, 2)])
# (10/40 + 1 + 1 + 1/2 + 0) / 5, (40/40 + 0 + 1 + 2/2 + 0) / 5, (30/40 + 1 + 0 + 1/2 + 0) / 5; all years are one
BY_HAND = {(0, 1): 0.55, (0, 2): 0.6, (1, 2): 0.45}


def test_the_loss_is_the_distance_by_hand() -> None:
    model = GowerKMedoids(1, table_columns=COLUMNS, random_state=0).fit(ROWS)
    assert model.medoid_indices_.tolist() == [1]
    np.testing.assert_allclose(model.losses(ROWS), [BY_HAND[0, 1], 0, BY_HAND[1, 2]], atol=1e-12)
    two = GowerKMedoids(2, table_columns=COLUMNS, random_state=0).fit(ROWS)
    assert np.sort(two.losses(ROWS)).tolist() == pytest.approx([0, 0, BY_HAND[1, 2]])


def test_a_new_row_is_measured_by_the_ranges_of_those_before_and_as_it_would_be_written() -> None:
    model = GowerKMedoids(1, table_columns=COLUMNS, random_state=0).fit(ROWS)
    beyond, between = np.array(encoded(80, 1, 1, 1, 2024)), np.array(encoded(30, 1, 1, 1))
    between[1:4], between[4] = (0.2, 0.3, 0.1), 0.6  # nearest to green, and to yes
    np.testing.assert_allclose(model.losses(np.stack([beyond, between])), [(50 / 40) / 5, 0], atol=1e-12)


def mixed(n: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows, and Gower's distances of all pairs, one by one."""
    rng = np.random.default_rng(seed)
    cells = [(float(rng.normal(40, 9)), int(rng.integers(3)), int(rng.integers(2)), int(rng.integers(3)))
             for _ in range(n)]  # fmt: skip
    span = np.ptp([cell[0] for cell in cells])
    far = [
        [(abs(a[0] - b[0]) / span + (a[1] != b[1]) + (a[2] != b[2]) + abs(a[3] - b[3]) / 2) / 5 for b in cells]
        for a in cells
    ]
    return np.array([encoded(*cell) for cell in cells]), np.array(far)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_medoids_are_the_best_of_all_that_there_are(k: int) -> None:
    rows, distances = mixed(22)
    best = min(combinations(range(22), k), key=lambda chosen: distances[:, chosen].min(axis=1).sum())
    model = GowerKMedoids(k, n_init=10, table_columns=COLUMNS, random_state=0).fit(rows)
    assert distances[:, model.medoid_indices_].min(axis=1).sum() == pytest.approx(distances[:, best].min(axis=1).sum())
    np.testing.assert_allclose(model.losses(rows), distances[:, model.medoid_indices_].min(axis=1), atol=1e-12)


def test_samples_of_rows_are_judged_by_all() -> None:
    rows, _ = mixed(600)
    exact, sampled = (
        GowerKMedoids(4, sample_size=size, table_columns=COLUMNS, random_state=0).fit(rows).losses(rows).sum()
        for size in (None, 100)
    )
    assert exact <= sampled < 1.1 * exact


def test_columns_that_do_not_fit_the_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="table_columns: take 7 values; X has 6"):
        GowerKMedoids(2, table_columns=COLUMNS).fit(ROWS[:, :6])
