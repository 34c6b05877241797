"""Nested prefixes of one pool, counted exactly."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from synthmix.config.sections.mix import synthetic_count
from synthmix.data.base import Dataset
from synthmix.mixing import labels_of, mix
from synthmix.spec import DataSpec


@given(hundredths=st.integers(0, 10_000), n=st.integers(0, 100_000))
@example(hundredths=29, n=100)  # .29 * 100 is 28.999999999999996
@example(hundredths=57, n=100)  # .57 * 100 is 56.99999999999999
@example(hundredths=110, n=10)  # 1.1 * 10 is 11.000000000000002
def test_the_count_is_the_floor_of_the_ratio_as_it_was_written(hundredths: int, n: int) -> None:
    ratio = float(f"{hundredths / 100:.2f}")
    assert synthetic_count(ratio, n) == hundredths * n // 100


@given(ratio=st.floats(0, 1e6), n=st.integers(0, 10_000))
@example(ratio=1e-05, n=200_000)
@example(ratio=1e6, n=3)
def test_the_count_is_exact_for_any_ratio(ratio: float, n: int) -> None:
    exact = (Decimal(repr(ratio)) * n).to_integral_value(ROUND_FLOOR)
    assert synthetic_count(ratio, n) == int(exact)


@given(ratios=st.tuples(st.floats(0, 100), st.floats(0, 100)), n=st.integers(0, 1000))
def test_a_larger_ratio_takes_no_fewer_points(ratios: tuple[float, float], n: int) -> None:
    assert synthetic_count(min(ratios), n) <= synthetic_count(max(ratios), n)


def test_a_whole_number_is_a_ratio_too() -> None:
    assert synthetic_count(4, 100) == 400


@pytest.fixture
def train() -> Dataset:
    return Dataset(torch.arange(6.0).reshape(3, 2), torch.tensor([0, 1, 0]), DataSpec("t", "table", (2,), None, 2))


def test_real_points_come_first_and_no_label_is_left(train: Dataset) -> None:
    mixture = mix(train, torch.tensor([[10.0, 11], [12, 13]]), 1.0)
    assert mixture.dataset.x.tolist() == [[0, 1], [2, 3], [4, 5], [10, 11], [12, 13]]
    assert mixture.dataset.y is None
    assert mixture.synthetic.tolist() == [[10, 11], [12, 13]]
    assert mixture.sample_weight is None


def test_a_weight_is_that_of_the_synthetic_points(train: Dataset) -> None:
    weights = mix(train, torch.zeros(2, 2), 0.25).sample_weight
    np.testing.assert_array_equal(weights, [1, 1, 1, 0.25, 0.25])


def test_without_synthetic_points_there_is_no_weight(train: Dataset) -> None:
    mixture = mix(train, torch.empty(0, 2), 0.25)
    assert mixture.sample_weight is None
    assert len(mixture.synthetic) == 0


def test_synthetic_points_have_no_label_and_those_of_an_oracle_have_that_of_their_place() -> None:
    train = Dataset(torch.zeros(3, 2), torch.tensor([5, 6, 7]), DataSpec("x", "table", (2,), None, 8))
    places = torch.tensor([0, 2])
    assert labels_of(train, places, None).tolist() == [5, 6, 7, -1, -1]
    assert labels_of(train, places, torch.tensor([1, 2, 3, 4])).tolist() == [5, 6, 7, 1, 3]
    assert labels_of(train, places[:0], None).tolist() == [5, 6, 7]
