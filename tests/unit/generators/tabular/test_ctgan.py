"""CTGAN learns what columns have in common, and asks for rare levels while it is trained."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from synthmix.api import make_generator
from synthmix.data.base import Dataset, Splits
from synthmix.generators.base import Generator
from synthmix.generators.tabular.conditions import Conditions
from synthmix.quality.columns import column_scores
from synthmix.spec import DataSpec

SMALL = {"steps": 700, "hidden": [128], "batch_size": 200, "latent_dim": 16}


@pytest.fixture(scope="module")
def fitted(people: Splits) -> Generator:
    return make_generator("ctgan", **SMALL).fit(people.train, seed=0)


def test_it_learns_levels_and_what_columns_have_in_common(fitted: Generator, people: Splits) -> None:
    points = fitted.sample(2000, seed=0)
    apart = torch.stack([column[torch.randperm(2000, generator=torch.Generator().manual_seed(i))]
                         for i, column in enumerate(people.train.x.T)], dim=1)  # fmt: skip
    found, without = (column_scores(part, people, people.train.x) for part in (points, apart))
    assert found["association_difference"] < 0.6 * without["association_difference"]
    assert found["tv"] < 0.15


def test_every_point_has_levels_of_the_file_and_numbers_in_its_range(fitted: Generator, people: Splits) -> None:
    points, real = fitted.sample(1000, seed=0), people.train.x
    assert {tuple(row) for row in points[:, 1:6].tolist()} <= {
        (degree, *job) for degree in real[:, 1].unique().tolist() for job in real[:, 2:6].unique(dim=0).tolist()
    }
    assert (points >= real.min(dim=0).values).all()
    assert (points <= real.max(dim=0).values).all()


def test_it_is_read_again_as_it_was_written(fitted: Generator, people: Splits) -> None:
    again = make_generator("ctgan", **SMALL).load_state(fitted.state() or {})
    assert torch.equal(again.sample(600, seed=3), fitted.sample(600, seed=3))


def test_rare_levels_are_asked_for_in_training_and_rows_have_what_is_asked() -> None:
    levels = [torch.tensor([0] * 990 + [1] * 10), torch.arange(1000) % 3]
    conditions = Conditions([2, 3])
    conditions.fit(levels)
    torch.manual_seed(0)
    asked = conditions.even(4000)
    of_first = asked.level[asked.column == 0]
    # log(1 + 10) / (log(1 + 10) + log(1 + 990))
    assert float((of_first == 1).double().mean()) == pytest.approx(2.398 / (2.398 + 6.899), abs=0.03)
    rows = conditions.rows(asked)
    assert all(
        int(levels[column][row]) == level
        for column, level, row in zip(asked.column.tolist(), asked.level.tolist(), rows.tolist(), strict=True)
    )
    assert len(Counter(rows[(asked.column == 1)].tolist())) > 800
    assert torch.equal(asked.shown.argmax(1), torch.tensor([0, 2])[asked.column] + asked.level)
    drawn = conditions.as_train(4000, torch.Generator().manual_seed(0))
    assert float((drawn.level[drawn.column == 0] == 1).double().mean()) == pytest.approx(0.01, abs=0.01)


def test_a_table_of_numbers_alone_has_no_conditions() -> None:
    x = torch.cat([torch.randn(200, 2) - 4, torch.randn(200, 2) + 4])
    model = make_generator("ctgan", steps=5, hidden=[16], batch_size=50, pac=10).fit(
        Dataset(x, None, DataSpec("two", "table", (2,), None, None)), seed=0
    )
    points = model.sample(100, seed=0)
    assert points.shape == (100, 2)
    assert points.isfinite().all()
