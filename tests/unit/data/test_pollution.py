"""Pollution reaches train and the pool that continues it, at the share that was asked for, and no held-out point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.config.polluted_share import least_share
from synthmix.data.base import Dataset, Splits, assemble
from synthmix.data.pollution import KINDS, REACH, polluted, polluted_places
from synthmix.data.sources.digits import load_digits
from synthmix.data.split import split
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.spec import Column, DataSpec, Pollution
from synthmix.tracking.none import Tracker

kinds = st.sampled_from(sorted(KINDS))
shares = st.floats(0.001, 0.95)


def cut(n_train: int = 100, seed: int = 0, kind: str = "table") -> Splits:
    if kind == "image":
        dataset = load_digits()
    else:
        x = torch.randn(400, 5, generator=torch.Generator().manual_seed(1)).double() * 7 + 30
        dataset = assemble(DataSpec("table", "table", (5,), None, 3), x, torch.arange(400) % 3)
    return split(dataset, seed=seed, n_train=n_train, n_val=50, n_test=50, n_reserve=0)


def learnt(splits: Splits) -> Tensor:
    return torch.cat([splits.train.x, splits.pool.x])


def labels(splits: Splits) -> Tensor:
    assert splits.train.y is not None
    assert splits.pool.y is not None
    return torch.cat([splits.train.y, splits.pool.y])


def changed(clean: Splits, dirty: Splits) -> Tensor:
    points = (learnt(clean) != learnt(dirty)).flatten(1).any(1)
    return points | (labels(clean) != labels(dirty))


def copied(part: Dataset) -> Dataset:
    return replace(part, x=part.x.clone(), y=None if part.y is None else part.y.clone())


@settings(max_examples=40, deadline=None)
@given(kinds, shares, st.integers(0, 9), st.sampled_from(["table", "image"]))
def test_held_out_points_are_equal_to_the_bit(pollute: str, share: float, seed: int, kind: str) -> None:
    clean, given = (cut(seed=seed, kind=kind) for _ in range(2))  # cut twice, lest both be changed in place
    given = replace(given, **{part: copied(getattr(given, part)) for part in ("train", "pool", "val", "test")})
    dirty = polluted(given, Pollution(pollute, share), seed)
    for part in ("val", "test"):
        for name in ("x", "y"):
            assert torch.equal(getattr(getattr(clean, part), name), getattr(getattr(dirty, part), name))
    where = polluted_places(len(learnt(clean)), share)
    assert not changed(clean, dirty)[~where].any()
    assert len(dirty.train) == len(clean.train)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5000), shares)
def test_the_share_is_met_and_the_first_place_is_clean(n: int, share: float) -> None:
    where = polluted_places(n, share)
    assert abs(int(where.sum()) - share * n) < 4
    assert not where[0]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), shares)
def test_a_share_above_the_least_and_no_other_pollutes_a_point(n: int, share: float) -> None:
    least = least_share(n)
    assert bool(polluted_places(n, share).any()) == (share > least)
    assert not polluted_places(n, least).any()


@pytest.mark.parametrize("pollute", sorted(KINDS))
def test_smaller_trains_begin_larger_ones_and_a_greater_share_keeps_the_places(pollute: str) -> None:
    few, many = (polluted(cut(n, kind="image"), Pollution(pollute, 0.2), 0) for n in (60, 200))
    assert torch.equal(few.train.x, many.train.x[:60])
    assert torch.equal(learnt(few), learnt(many))
    assert torch.equal(labels(few), labels(many))
    clean = cut()
    places = [changed(clean, polluted(clean, Pollution(pollute, share), 0)) for share in (0.1, 0.3)]
    assert not (places[0] & ~places[1]).any()
    assert places[0].sum() < places[1].sum()


def test_outliers_fill_the_box_and_keep_the_label_of_the_place() -> None:
    clean = cut()
    dirty = polluted(clean, Pollution("outliers", 0.9), 0)
    drawn = learnt(dirty)[changed(clean, dirty)]
    assert drawn.abs().max() <= REACH
    assert drawn.std(0).sub(2 * REACH / 12**0.5).abs().max() < 0.3  # of a uniform variable
    assert torch.equal(labels(clean), labels(dirty))
    images = polluted(cut(kind="image"), Pollution("outliers", 0.9), 0).train.x
    assert 0 <= images.min() < images.max() <= 1


def test_duplicates_are_clean_points_before_them_with_their_labels() -> None:
    clean = cut()
    dirty = polluted(clean, Pollution("duplicates", 0.4), 3)
    where, x, y = polluted_places(300, 0.4), learnt(dirty), labels(dirty)
    for place in torch.arange(300)[where].tolist():
        sources = (learnt(clean)[:place] == x[place]).all(1).nonzero().flatten().tolist()
        assert len(sources) == 1
        assert not where[sources[0]]
        assert y[place] == labels(clean)[sources[0]]


def test_shuffled_points_have_values_of_each_column_and_no_dependence() -> None:
    base = torch.randn(2000, 1, generator=torch.Generator().manual_seed(1)).double()
    dataset = assemble(DataSpec("table", "table", (3,), None, None), base.repeat(1, 3), None)
    clean = split(dataset, seed=0, n_train=1500, n_val=100, n_test=100, n_reserve=0)
    dirty = polluted(clean, Pollution("shuffled", 0.5), 0)
    drawn = dirty.train.x[polluted_places(1500, 0.5)]
    for column in range(3):
        assert set(drawn[:, column].tolist()) <= set(clean.train.x[:, column].tolist())
    assert torch.corrcoef(clean.train.x.T)[0, 1] > 0.999
    assert torch.corrcoef(drawn.T).fill_diagonal_(0).abs().max() < 0.15


@pytest.mark.parametrize("pollute", ["outliers", "shuffled"])
def test_categories_of_a_mixed_table_stay_levels_that_train_has(pollute: str) -> None:
    rng = np.random.default_rng(0)
    columns = (
        Column("size", "numeric"),
        Column("colour", "categorical", ("blue", "green", "red")),
        Column("paid", "boolean", ("no", "yes")),
    )
    x = np.column_stack([rng.normal(5, 2, 300), rng.integers(0, 3, 300), rng.integers(0, 2, 300)])
    dataset = assemble(DataSpec("table", "table", (3,), None, None, columns=columns), torch.from_numpy(x), None)
    clean = split(dataset, seed=0, n_train=200, n_val=40, n_test=40, n_reserve=0)
    dirty = polluted(clean, Pollution(pollute, 0.5), 0).train
    where = polluted_places(220, 0.5)[:200]
    known = {tuple(row) for row in clean.train.x[:, 1:].tolist()}
    drawn = [tuple(row) for row in dirty.x[where][:, 1:].tolist()]
    assert set(drawn) <= known
    assert len(set(drawn)) == 6  # every colour, paid or not
    assert not torch.equal(dirty.x[where], clean.train.x[where])


def test_mislabelled_points_stay_where_they_are_under_every_other_label() -> None:
    clean = cut()
    dirty = polluted(clean, Pollution("mislabelled", 0.5), 0)
    assert torch.equal(learnt(clean), learnt(dirty))
    step = (labels(dirty) - labels(clean)) % 3
    assert torch.equal(step > 0, polluted_places(300, 0.5))
    assert {int(found) for found in step.unique()} == {0, 1, 2}


def test_seeds_draw_other_pollution_and_the_same_seed_the_same() -> None:
    clean = cut()
    drawn = [polluted(clean, Pollution("outliers", 0.2), seed).train.x for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def cell(*overrides: str) -> Any:
    with composer() as compose:
        return check(compose(["model=jitter", "data.n_train=80", *overrides]))


def test_a_cell_sees_polluted_train_and_clean_val_and_test() -> None:
    """The canary: whatever `data.pollute` says, what is scored on is equal to the bit."""
    resources = Resources.at(Tracker(None, "canary"), None)  # type: ignore[arg-type]  # nothing is stored
    clean = resources.splits(cell())
    for pollute in ("outliers", "duplicates", "shuffled"):
        dirty = resources.splits(cell(f"data.pollute={pollute}", "data.pollute_share=.2"))
        assert not torch.equal(clean.train.x, dirty.train.x)
        assert torch.equal(clean.val.x, dirty.val.x)
        assert torch.equal(clean.test.x, dirty.test.x)
        none = resources.splits(cell(f"data.pollute={pollute}", "data.pollute_share=0"))
        assert torch.equal(clean.train.x, none.train.x)


def test_kind_and_share_are_part_of_the_keys_and_no_share_is_clean() -> None:
    keys = {
        (pollute, share): Dependencies(
            cell(f"data.pollute={pollute}", f"data.pollute_share={share}", "mix.ratio=0"), "d", 80
        ).cell.key
        for pollute in ("outliers", "shuffled")
        for share in (0, 0.1, 0.2)
    }
    clean = Dependencies(cell("mix.ratio=0"), "d", 80).cell.key
    assert {keys["outliers", 0], keys["shuffled", 0]} == {clean}
    assert len({*keys.values()}) == 5
