"""Columns go to a net and come back: levels and atoms to the last bit, numbers within their modes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from synthmix.data.base import Dataset, Splits
from synthmix.generators.tabular.columns import Numbers, TableColumns
from synthmix.spec import Column, DataSpec


@pytest.fixture(scope="module")
def columns(people: Splits) -> TableColumns:
    made = TableColumns(people.train.spec, 5)
    made.fit(people.train.x, seed=0)
    return made


def test_points_come_back_as_they_were(columns: TableColumns, people: Splits) -> None:
    x = people.train.x
    torch.manual_seed(0)
    mode, place, levels = columns.encode(x)
    back = columns.decode(mode, place, levels)
    for part in (slice(1, 6), slice(7, 8)):  # degree, job and rich
        assert torch.equal(back[:, part], x[:, part])
    within = place.abs() < 1
    assert within.double().mean() > 0.99
    numbers = [0, 6, 8]
    assert torch.allclose(back[:, numbers][within], x[:, numbers][within], atol=1e-4)
    # Three quarters have no gain: an atom, which comes back to the last bit.
    nothing = x[:, 6] == x[:, 6].min()
    assert nothing.double().mean() > 0.7
    assert torch.equal(back[nothing, 6], x[nothing, 6])


def test_two_modes_far_apart_are_found() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(1000, 1, generator=generator) * 0.1 + 4 * (torch.arange(1000) % 2)[:, None]
    numbers = Numbers([0], 4)
    numbers.fit(values, seed=0)
    there = numbers.log_weight[0] > -torch.inf
    assert numbers.mean[0][there].sort().values.tolist() == pytest.approx([0, 4], abs=0.05)
    assert numbers.deviation[0][there].tolist() == pytest.approx([0.15, 0.15], abs=0.06)  # its prior adds some


@pytest.mark.parametrize("values", [[3.0] * 50, [1.0, 2.0] * 25, [*range(50)]])
def test_constant_columns_and_few_values_come_back(values: list[float]) -> None:
    x = torch.tensor(values)[:, None].float()
    numbers = Numbers([0], 4)
    numbers.fit(x, seed=0)
    mode, place = numbers.encode(x)
    assert torch.allclose(numbers.decode(mode, place), x, atol=1e-4)


def test_a_value_that_train_has_not_is_still_encoded() -> None:
    numbers = Numbers([0], 4)
    numbers.fit(torch.tensor([[1.0], [2.0]] * 30), seed=0)  # two atoms and no mode
    mode, place = numbers.encode(torch.tensor([[1.5]]))
    assert float(numbers.decode(mode, place)) in (1.0, 2.0)


def test_only_levels_make_a_table_too() -> None:
    spec = DataSpec("t", "table", (3,), None, None, columns=(Column("a", "categorical", ("x", "y", "z"), n_seen=2),))
    x = torch.nn.functional.one_hot(torch.arange(40) % 2, 3).float()
    made = TableColumns(spec, 3)
    made.fit(x, seed=0)
    mode, place, levels = made.encode(x)
    assert torch.equal(made.decode(mode, place, levels), x)
    *_, known = made.heads(torch.zeros(5, made.n_values))
    assert known[0].exp()[0].tolist() == pytest.approx([0.5, 0.5, 0.0])  # z is none of train's


def test_a_table_that_was_not_split_is_named(people: Splits) -> None:
    spec = replace(people.train.spec, shape=(6,))
    bare = Dataset(people.train.x[:, :6], None, spec)
    with pytest.raises(ValueError, match="must have been encoded; call split first"):
        TableColumns(bare.spec, 3)
