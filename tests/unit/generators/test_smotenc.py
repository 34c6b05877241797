"""SMOTE-NC interpolates numbers, and takes levels by vote of the neighbours."""

from __future__ import annotations

import torch

from synthmix.data.base import Dataset, Splits
from synthmix.generators.controls import Smote
from synthmix.generators.controls_config import SmoteConfig
from synthmix.generators.smotenc import Smotenc
from synthmix.generators.smotenc_config import SmotencConfig
from synthmix.quality.columns import violations
from synthmix.spec import Column, DataSpec

COLUMNS = (Column("a", "numeric"), Column("c", "categorical", ("x", "y"), n_seen=2))


def points(rows: list[tuple[float, int]]) -> Dataset:
    x = torch.tensor([[number, 1.0 - level, float(level)] for number, level in rows])
    return Dataset(x, None, DataSpec("t", "table", (3,), None, None, columns=COLUMNS))


def test_levels_are_voted_for_and_numbers_lie_between() -> None:
    # The neighbours of 0 are 1, 2 and 3, of whose levels two are y; those of 100 to 103 are each other, all x.
    near = [(0.0, 0), (1.0, 1), (2.0, 1), (3.0, 0)]
    far = [(100.0 + number, 0) for number in range(4)]
    model = Smotenc(SmotencConfig(n_neighbors=3)).fit(points([*near, *far]), seed=0)
    assert model.commonest[:, 2].tolist() == [1, 0, 0, 1, 0, 0, 0, 0]
    made = model.sample(400, seed=0)
    assert set(made[:, 1:].sum(1).tolist()) == {1.0}
    assert ((made[:, 0] <= 3) | (made[:, 0] >= 100)).all()
    assert (made[made[:, 0] >= 100][:, 1] == 1).all()
    assert len(set(made[:, 0].tolist())) > 300


def test_of_a_tie_the_nearest_neighbour_decides() -> None:
    rows = points([(0.0, 0), (1.0, 1), (5.0, 0), (100.0, 0), (101.0, 1), (103.0, 1)])
    model = Smotenc(SmotencConfig(n_neighbors=2)).fit(rows, seed=0)
    assert model.neighbors[0].tolist() == [1, 2]
    assert model.commonest[0, 1:].tolist() == [0, 1]


def test_without_levels_it_is_smote(digits: Splits) -> None:
    both = (model.fit(digits.train, seed=0) for model in (Smotenc(SmotencConfig()), Smote(SmoteConfig())))
    one, other = (model.sample(300, seed=1) for model in both)
    assert torch.allclose(one, other, atol=1e-6)


def test_smote_leaves_no_level_whole_and_smotenc_all(people: Splits) -> None:
    def between_levels(points: torch.Tensor) -> float:
        whole = points.clone()
        whole[:, 0] = people.train.x[0, 0]  # whole numbers are interpolated by both
        return violations(whole, people)["off_level"]

    assert between_levels(Smote(SmoteConfig()).fit(people.train, seed=0).sample(500, seed=0)) > 0.03
    assert between_levels(Smotenc(SmotencConfig()).fit(people.train, seed=0).sample(500, seed=0)) == 0
