"""What tells the data sets of a study apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from synthmix.analysis.data_sets.sizes import data_of


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"data.name": "digits"}, "digits"),
        ({"data.name": "digits", "data.set": math.nan}, "digits"),
        ({"data.name": "adbench", "data.set": "cardio"}, "adbench cardio"),
        ({"data.name": "mnist", "task.test_data": "usps"}, "mnist tested on usps"),
        ({"data.name": "mnist", "task.test_data": None}, "mnist"),
    ],
)
def test_sets_of_a_collection_and_other_test_data_are_told_apart(keys: Mapping[str, Any], name: str) -> None:
    assert data_of(keys) == name
