"""What is hidden is hidden as asked, filled without a look at it, scored against it, and reaches no held-out point."""

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
from synthmix.data import hiding
from synthmix.data.base import Imputation, Splits, assemble
from synthmix.data.hiding import MECHANISMS, hidden
from synthmix.data.split import split
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.spec import Column, DataSpec, Hiding
from synthmix.tracking.none import Tracker

mechanisms = st.sampled_from(sorted(MECHANISMS))
shares = st.floats(0.02, 0.5)


def cut(n_train: int = 200, seed: int = 0) -> Splits:
    x = torch.randn(500, 5, generator=torch.Generator().manual_seed(1)).double() * 7 + 30
    dataset = assemble(DataSpec("table", "table", (5,), None, 3), x, torch.arange(500) % 3)
    return split(dataset, seed=seed, n_train=n_train, n_val=50, n_test=50, n_reserve=0)


def hide(
    splits: Splits,
    share: float,
    mechanism: str = "completely_at_random",
    imputation: Imputation = "median",
    seed: int = 0,
) -> Splits:
    return hidden(splits, Hiding(share, mechanism), imputation, seed, keeps_gaps=True)


def gaps_of(splits: Splits) -> Tensor:
    assert splits.gaps is not None
    return splits.gaps


@settings(max_examples=40, deadline=None)
@given(mechanisms, shares, st.integers(0, 5))
def test_held_out_points_and_what_is_not_hidden_are_equal_to_the_bit(mechanism: str, share: float, seed: int) -> None:
    complete = cut(seed=seed)
    train, val, test = (part.x.clone() for part in (complete.train, complete.val, complete.test))
    found = hide(complete, share, mechanism, seed=seed)
    assert torch.equal(found.val.x, val)
    assert torch.equal(found.test.x, test)
    gaps = gaps_of(found)
    assert torch.equal(found.train.x[~gaps], train[~gaps])
    assert found.train.x.isfinite().all()
    assert torch.equal(found.incomplete.x.isnan(), gaps)
    assert not gaps[0].any()
    assert float(gaps.double().mean()) == pytest.approx(share, abs=0.08)
    assert found.numbers["data/hidden_share"] == pytest.approx(float(gaps.double().mean()))


@pytest.mark.parametrize("mechanism", sorted(MECHANISMS))
def test_smaller_trains_begin_larger_ones_and_a_greater_share_hides_what_a_smaller_one_does(mechanism: str) -> None:
    few, many = (gaps_of(hide(cut(n), 0.3, mechanism)) for n in (60, 200))
    assert torch.equal(few, many[:60])
    less, more = (gaps_of(hide(cut(), share, mechanism)) for share in (0.1, 0.4))
    assert not (less & ~more).any()
    assert less.any()


@pytest.mark.parametrize(("mechanism", "by_own", "by_other"), [
    ("completely_at_random", False, False), ("at_random", False, True), ("not_at_random", True, False),
])  # fmt: skip
def test_each_mechanism_looks_at_what_its_name_says(mechanism: str, by_own: bool, by_other: bool) -> None:
    """Of two independent columns: is the second hidden more often where it, or where the first, is great?"""
    x = torch.rand(20_000, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    gaps = MECHANISMS[mechanism](x, 0.3, torch.Generator().manual_seed(3))
    great = x > 0.5
    own, other = (
        float(gaps[great[:, column], 1].double().mean() - gaps[~great[:, column], 1].double().mean())
        for column in (1, 0)
    )
    assert (abs(own) > 0.1, abs(other) > 0.1) == (by_own, by_other)
    assert max(abs(own) * (not by_own), abs(other) * (not by_other)) < 0.03
    assert float(gaps.double().mean()) == pytest.approx(0.3, abs=0.02)
    assert mechanism != "at_random" or not gaps.all(1).any()  # by which others are hidden stays


def test_the_score_is_the_distance_to_the_truth_in_standard_deviations_of_train() -> None:
    complete = cut()
    found = hide(complete, 0.25)
    gaps, truth = gaps_of(found).numpy(), complete.train.x.double().numpy()
    medians = np.nanmedian(np.where(gaps, np.nan, truth), axis=0)
    error = (np.broadcast_to(medians, truth.shape) - truth)[gaps]  # on this scale train has deviation 1
    assert found.numbers["data/imputation_rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-4)
    assert "data/imputation_accuracy" not in found.numbers


def test_levels_are_hidden_whole_and_scored_by_how_many_are_right() -> None:
    rng = np.random.default_rng(0)
    colour, shoe = rng.choice(3, 300, p=[0.2, 0.7, 0.1]), rng.integers(36, 47, 300)
    columns = (Column("colour", "categorical", ("red", "green", "blue")), Column("shoe", "integer"))
    x = torch.from_numpy(np.stack([colour, shoe], axis=1).astype(float))
    dataset = assemble(DataSpec("table", "table", (2,), None, None, columns=columns), x, None)
    complete = split(dataset, seed=0, n_train=200, n_val=50, n_test=50, n_reserve=0)
    found = hide(complete, 0.4)
    at = gaps_of(found)[:, 0]
    assert torch.equal(gaps_of(found)[:, :3].all(1), at)  # three levels are one value
    assert torch.equal(gaps_of(found)[:, :3].any(1), at)
    before, after = complete.train.x[:, :3].argmax(1), found.train.x[:, :3].argmax(1)
    likeliest = int(before[~at].bincount().argmax())
    assert (after[at] == likeliest).all()
    assert found.numbers["data/imputation_accuracy"] == pytest.approx(float((before[at] == likeliest).double().mean()))
    assert complete.scaling is not None
    shoes = complete.scaling.undone(found.train.x)[:, 3]
    assert torch.allclose(shoes, shoes.round(), atol=1e-4)


def test_what_fills_train_has_seen_nothing_of_what_was_hidden() -> None:
    complete = cut()
    gaps = gaps_of(hide(complete, 0.2))
    other = replace(complete, train=replace(complete.train, x=complete.train.x.masked_fill(gaps, 3.0)))
    for imputation in ("median", "knn", "iterative", "mixture"):
        one, two = (hide(splits, 0.2, imputation=imputation).train.x for splits in (complete, other))
        assert torch.allclose(one, two, atol=1e-5), imputation


def cell(*overrides: str) -> Any:
    with composer() as compose:
        return check(compose(["data=toy", "model=jitter", "clusterer.n_clusters=2", "data.n_train=80", *overrides]))


def test_a_cell_sees_hidden_train_and_complete_val_and_test() -> None:
    """The canary: whatever `data.hide` says, what is scored on is equal to the bit."""
    resources = Resources.at(Tracker(None, "canary"), None)  # type: ignore[arg-type]  # nothing is stored
    complete = resources.splits(cell())
    for mechanism in MECHANISMS:
        found = resources.splits(cell("data.hide=.3", f"data.hide_mechanism={mechanism}", "data.missing=impute"))
        assert not torch.equal(complete.train.x, found.train.x)
        assert torch.equal(complete.val.x, found.val.x)
        assert torch.equal(complete.test.x, found.test.x)
        assert found.gaps is None


def test_all_that_hides_and_fills_is_part_of_the_keys_and_no_share_is_complete() -> None:
    def key(*overrides: str) -> str:
        return Dependencies(cell("mix.ratio=0", *overrides), "d", 80).cell.key

    hiding_keys = [
        key("data.hide=.2", "data.missing=impute"),
        key("data.hide=.3", "data.missing=impute"),
        key("data.hide=.2", "data.missing=impute", "data.hide_mechanism=not_at_random"),
        key("data.hide=.2", "data.missing=impute", "data.impute=knn"),
        key("data.hide=.2", "data.missing=impute", "data.impute=mixture"),
        key("data.hide=.2", "data.missing=impute", "seed=1"),
    ]
    assert len({key(), *hiding_keys}) == len(hiding_keys) + 1
    nothing = ("data.missing=impute", "data.impute=knn", "data.hide_mechanism=at_random")
    assert key("data.hide=0", *nothing) == key()
    assert key("data.hide=.2", "data.missing=impute", "data.impute=median") == hiding_keys[0]


def test_the_places_do_not_depend_on_the_imputer() -> None:
    assert torch.equal(*(gaps_of(hide(cut(), 0.2, imputation=by)) for by in ("median", "mixture")))
    assert not torch.equal(gaps_of(hide(cut(), 0.2)), gaps_of(hide(cut(), 0.2, seed=1)))
    assert hiding.MECHANISMS.keys() == {"completely_at_random", "at_random", "not_at_random"}
