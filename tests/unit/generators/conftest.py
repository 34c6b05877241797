"""Data that the generators are tried on: four modes far apart, and digits."""

from __future__ import annotations

import pytest

from synthmix.api import load_dataset
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split


@pytest.fixture(scope="session")
def four_modes() -> Splits:
    """200 points of train and a pool of 2,800, of four round clusters at 15 standard deviations or more, scaled."""
    toy = load_dataset("toy", shape="blobs", n_clusters=4, separation=15.0, n_points=3200)
    return split(toy, seed=0, n_train=200, n_val=100, n_test=100, n_reserve=0)


@pytest.fixture(scope="session")
def digits() -> Splits:
    """400 digits of train and a pool of 1,197."""
    return split(load_dataset("digits"), seed=0, n_train=400, n_val=100, n_test=100, n_reserve=0)


@pytest.fixture
def few_digits(digits: Splits) -> Dataset:
    """60 digits, for trainings of a few steps."""
    return digits.train.take(slice(0, 60))
