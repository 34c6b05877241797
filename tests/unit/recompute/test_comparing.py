"""Equal is equal to the last bit; elsewhere a stated tolerance holds, wider where something is trained by gradient."""

from __future__ import annotations

import math

import pytest

from synthmix.config.cell import CellConfig, check
from synthmix.config.composing.composer import composer
from synthmix.recompute.comparing import FITTED, TRAINED, Value, tolerance_of, values

NEXT = math.nextafter(0.527, 1)


@pytest.mark.parametrize(
    ("recorded", "here", "equal"),
    [
        (0.527, 0.527, True),
        (0.527, NEXT, False),
        (1, 1.0, True),
        (math.nan, math.nan, True),
        ("full", "full", True),
        ("full", "diag", False),
        (0.5, None, False),
        (None, 0.5, False),
    ],
)
def test_equal_means_the_last_bit(recorded: object, here: object, equal: bool) -> None:
    assert Value("cluster/ari", recorded, here).is_equal == equal


@pytest.mark.parametrize(
    ("recorded", "here", "within"),
    [
        (0.5, 0.59, True),
        (0.5, 0.61, False),
        (0.5, math.nan, False),
        (100.0, 109.0, True),  # a loss: by its share
        (100.0, 111.0, False),
        (0.5, None, False),
    ],
)
def test_a_tolerance_is_of_a_score_or_of_a_share_of_a_loss(recorded: float, here: float | None, within: bool) -> None:
    assert Value("cluster/ari", recorded, here).is_within(0.1) == within


def test_what_one_side_lacks_is_told() -> None:
    found = [str(value) for value in values({"a": 1.0}, {"b": 2.0})]
    assert found == ["a: 1.0 was recorded, nothing here", "b: nothing was recorded, 2.0 here"]


@pytest.mark.parametrize(
    ("words", "n_synthetic", "tolerance"),
    [
        ("model=gan clusterer=kmeans", 100, TRAINED),
        ("model=gan clusterer=kmeans", 0, FITTED),
        ("model=duplicate clusterer=gmm", 100, FITTED),
        ("model=gaussian clusterer=kmeans", 100, FITTED),
        ("model=duplicate clusterer=idec", 0, TRAINED),
        ("model=duplicate representation=vae", 0, TRAINED),
        ("model=gaussian data.n_train=50 task=classification classifier=mlp", 0, TRAINED),
    ],
)
def test_what_is_trained_by_gradient_has_the_wider_one(words: str, n_synthetic: int, tolerance: float) -> None:
    assert tolerance_of(config_of(words), n_synthetic) == tolerance


def config_of(words: str) -> CellConfig:
    with composer() as compose:
        return check(compose.cell(words.split()))
