"""The split holds its promises for every seed and size: nested, disjoint, blind to labels, scaled by train alone."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from synthmix.data.base import Dataset, Splits, assemble
from synthmix.data.sources.digits import load_digits
from synthmix.data.sources.idx import load_mnist
from synthmix.data.sources.toy import load_toy
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec

seeds = st.integers(0, 2**32)


def numbered(n: int, n_official_test: int = 0) -> Dataset:
    """Images of one pixel whose value is the number of the point; those of the official test set follow."""
    x = torch.arange(n + n_official_test, dtype=torch.float32).reshape(-1, 1, 1, 1)
    y = torch.arange(n + n_official_test) % 3
    spec = DataSpec("numbered", "image", (1, 1, 1), (0.0, float(n + n_official_test)), 3)
    return assemble(spec, x[:n], y[:n], test=(x[n:], y[n:]) if n_official_test else None)


def table(x: Tensor) -> Dataset:
    return assemble(DataSpec("table", "table", tuple(x.shape[1:]), None, None), x, None)


def numbers(part: Dataset | None) -> list[int]:
    return [] if part is None else part.x.flatten().int().tolist()


def cut(dataset: Dataset, seed: int, n_train: int | None, **sizes: Any) -> Splits:
    defaults: dict[str, Any] = {"n_val": 20, "n_test": None if dataset.test else 30, "n_reserve": 0}
    return split(dataset, seed=seed, n_train=n_train, **defaults | sizes)


@given(seeds, st.integers(0, 40), st.booleans())
def test_the_parts_are_disjoint_and_leave_nothing_out(seed: int, n_reserve: int, official: bool) -> None:
    dataset = numbered(150, 25 if official else 0)
    splits = cut(dataset, seed, 10, n_reserve=n_reserve)
    parts = [splits.train, splits.pool, splits.val, splits.test, splits.reserve]
    assert sorted(chain.from_iterable(map(numbers, parts))) == list(range(175 if official else 150))
    assert [len(numbers(part)) for part in parts] == [
        10,
        150 - 10 - 20 - n_reserve - (0 if official else 30),
        20,
        25 if official else 30,
        n_reserve,
    ]
    assert (splits.reserve is None) == (n_reserve == 0)


@given(seeds, st.integers(1, 100), st.integers(1, 100))
def test_smaller_trains_begin_larger_ones_and_val_and_test_stay(seed: int, n: int, m: int) -> None:
    small, large = sorted((n, m))
    first, second = cut(numbered(150), seed, small), cut(numbered(150), seed, large)
    whole = cut(numbered(150), seed, None)
    assert numbers(first.train) == numbers(second.train)[:small]
    assert numbers(whole.train) == numbers(first.train) + numbers(first.pool)
    assert numbers(whole.pool) == []
    assert numbers(first.val) == numbers(second.val)
    assert numbers(first.test) == numbers(second.test)


@given(seeds, seeds)
def test_labels_decide_nothing(seed: int, label_seed: int) -> None:
    dataset = numbered(150)
    order = torch.randperm(150, generator=torch.Generator().manual_seed(label_seed))
    assert dataset.y is not None
    relabelled = assemble(dataset.spec, dataset.x, dataset.y[order])
    unlabelled = assemble(dataset.spec, dataset.x, None)
    splits = [cut(each, seed, 40) for each in (dataset, relabelled, unlabelled)]
    for part in ("train", "pool", "val", "test"):
        assert len({tuple(numbers(getattr(each, part))) for each in splits}) == 1


@given(seeds)
def test_every_point_keeps_its_label(seed: int) -> None:
    splits = cut(numbered(150), seed, 40, n_reserve=10)
    for part in (splits.train, splits.pool, splits.val, splits.test, splits.reserve):
        assert part is not None
        assert part.y is not None
        assert part.y.tolist() == [number % 3 for number in numbers(part)]


@given(seeds, seeds)
def test_the_reserve_is_the_same_for_all_seeds(seed: int, other: int) -> None:
    dataset = numbered(150, 25)
    assert numbers(cut(dataset, seed, 10, n_reserve=30).reserve) == numbers(
        cut(dataset, other, 50, n_reserve=30).reserve
    )


def test_seeds_differ_and_the_global_state_is_left_alone() -> None:
    state = torch.get_rng_state()
    splits = [cut(numbered(150), seed, 40) for seed in range(20)]
    assert torch.equal(torch.get_rng_state(), state)
    for part in ("train", "val", "test"):
        assert len({tuple(numbers(getattr(each, part))) for each in splits}) == 20


def test_every_point_is_as_likely_in_train_as_any_other() -> None:
    dataset = numbered(150)
    drawn = np.concatenate([numbers(cut(dataset, seed, 50).train) for seed in range(600)])
    counts = np.bincount(drawn, minlength=150)
    assert counts.mean() == 200
    # Binomial with p = 1/3: 150 points within 4.5 standard deviations.
    assert abs(counts - 200).max() < 4.5 * np.sqrt(600 * (1 / 3) * (2 / 3))


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        ({"n_train": 5000}, "data.n_train=5000: must be ≤ 1000 (1797 points less 497 test and 300 val)"),
        ({"n_train": 1001}, "data.n_train=1001: must be ≤ 1000 (1797 points less 497 test and 300 val)"),
        (
            {"n_train": 900, "n_reserve": 200},
            "data.n_train=900: must be ≤ 800 (1797 points less 497 test, 300 val and 200 reserve)",
        ),
        (
            {"n_train": None, "n_val": 1300},
            "data.n_val=1300: leaves no point to learn from (1797 points less 497 test and 1300 val)",
        ),
    ],
)
def test_more_points_than_there_are_is_one_line(sizes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        split(load_digits(), seed=0, **{"n_val": 300, "n_test": 497, "n_reserve": 0} | sizes)
    assert refusal.value.faults == (fault,)


def test_an_official_test_set_is_used_whole() -> None:
    with pytest.raises(InvalidInput, match=r"data\.n_test=5: must be null .* of 25 points"):
        cut(numbered(150, 25), 0, 10, n_test=5)


def test_sizes_left_open_take_a_fifth() -> None:
    splits = cut(numbered(150), 0, None, n_val=None, n_test=None)
    assert [len(part) for part in (splits.test, splits.val, splits.train)] == [30, 30, 90]


def test_a_table_is_standardised_by_train_alone() -> None:
    x = torch.randn(150, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 50.0, 0.0]) + 7
    raw = cut(numbered(150), 3, 40, n_reserve=10)
    splits = cut(table(x), 3, 40, n_reserve=10)
    scaler = StandardScaler().fit(x[numbers(raw.train)])
    for part in ("train", "pool", "val", "test", "reserve"):
        expected = scaler.transform(x[numbers(getattr(raw, part))])
        np.testing.assert_allclose(getattr(splits, part).x.numpy(), expected, atol=1e-5)
    assert splits.train.x[:, 2].abs().max() == 0


def test_the_scaling_does_not_see_the_other_parts() -> None:
    x = torch.randn(150, 3, generator=torch.Generator().manual_seed(0))
    learnt = numbers(cut(numbered(150), 3, 40).train)
    others = x.clone() * 1000
    others[learnt] = x[learnt]
    assert torch.equal(cut(table(x), 3, 40).train.x, cut(table(others), 3, 40).train.x)


def test_the_density_moves_with_the_points() -> None:
    dataset = load_toy(
        shape="gaussian_mixture", n_points=5000, n_clusters=3, dimension=2, separation=5.0, structure_seed=0
    )
    splits = split(dataset, seed=0, n_train=None, n_val=500, n_test=500, n_reserve=0)
    assert splits.train.density is not None
    fresh = splits.train.density.sample(20_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(fresh.mean(0), splits.train.x.mean(0), rtol=0, atol=0.06)
    torch.testing.assert_close(fresh.T.cov(), splits.train.x.T.cov(), rtol=0, atol=0.06)
    assert dataset.density is not None
    gain = splits.train.density.log_prob(splits.test.x).mean()
    raw = dataset.density.log_prob(dataset.x).mean()
    # Both are entropies, up to the logarithm of the volume that the scaling takes away.
    assert float(gain - raw) == pytest.approx(float(dataset.x.std(0).log().sum()), abs=0.1)


def test_copies_across_the_boundary_are_counted() -> None:
    raw = cut(numbered(150), 3, 40)
    x = torch.randn(150, 5, generator=torch.Generator().manual_seed(0))
    assert cut(table(x), 3, 40).duplicates_across == 0
    train, pool, val, test = (numbers(getattr(raw, part)) for part in ("train", "pool", "val", "test"))
    x[train[1]] = x[train[0]].clone()  # within one side: not counted
    x[val[0]] = x[test[5]]  # both held out: not counted
    x[val[1]] = x[train[7]]
    x[test[2]] = x[test[3]] = x[pool[3]].clone()
    x[train[4]], x[test[9]] = 0.0, -0.0  # equal numbers, other bytes
    x[test[10]] = torch.nextafter(x[train[9]], torch.tensor(9.0))  # equal to seven digits, but not equal
    assert cut(table(x), 3, 40).duplicates_across == 4


def test_copies_are_counted_as_by_hand_in_a_real_table(data_root: Path) -> None:
    with np.load(data_root / "adbench" / "6_cardio.npz") as archive:
        x = torch.from_numpy(archive["X"].astype(np.float32))
    raw = split(numbered(len(x)), seed=1, n_train=500, n_val=None, n_test=None, n_reserve=0)
    held_out = x[numbers(raw.val) + numbers(raw.test)]
    learnt = x[numbers(raw.train) + numbers(raw.pool)]
    by_hand = int((held_out[:, None] == learnt[None]).all(-1).any(-1).sum())
    assert by_hand > 0
    splits = split(table(x), seed=1, n_train=500, n_val=None, n_test=None, n_reserve=0)
    assert splits.duplicates_across == by_hand


def test_images_keep_their_range_and_mnist_its_parts(data_root: Path) -> None:
    dataset = load_mnist(str(data_root))
    splits = split(dataset, seed=0, n_train=1000, n_val=10_000, n_test=None, n_reserve=10_000)
    assert splits.reserve is not None
    parts = (splits.train, splits.pool, splits.val, splits.test, splits.reserve)
    assert [len(part) for part in parts] == [1000, 39_000, 10_000, 10_000, 10_000]
    assert all((part.x.min(), part.x.max()) == (0, 1) for part in parts)
    # No image occurs twice in MNIST, whatever the side.
    assert len(np.unique(dataset.x.flatten(1).numpy().view("V3136"))) == 60_000
    assert splits.duplicates_across == 0
