"""Gates that reject: what passes is a prefix of what would pass of more."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.data.spec import DataSpec
from synthmix.errors import Unavailable
from synthmix.gates import MOST_DRAWS, AcceptAll, accepted_points
from synthmix.generators.controls import Bootstrap, Real

SPEC = DataSpec("t", "table", (1,), None, None)


class AcceptLarge:
    """Lets points from a threshold on pass."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def accept(self, points: Tensor, splits: Splits) -> Tensor:
        return points[:, 0] >= self.threshold


@pytest.fixture
def splits() -> Splits:
    train = Dataset(torch.arange(100.0)[:, None], None, SPEC)
    return Splits(train, train, train, train, None, 0)


@pytest.fixture
def generator(splits: Splits) -> Bootstrap:
    return Bootstrap().fit(splits.train, seed=0)


def test_without_a_gate_the_pool_is_taken_as_it_is(generator: Bootstrap, splits: Splits) -> None:
    assert torch.equal(accepted_points(generator, AcceptAll(), splits, 70, 3), generator.sample(70, 3))


def test_what_passes_is_the_beginning_of_all_that_would_pass(generator: Bootstrap, splits: Splits) -> None:
    pool = generator.sample(5000, 3)
    passing = pool[pool[:, 0] >= 90]
    for n in (1, 10, 37, 300):
        assert torch.equal(accepted_points(generator, AcceptLarge(90), splits, n, 3), passing[:n])


def test_a_gate_that_lets_too_little_pass_makes_the_cell_unavailable(generator: Bootstrap, splits: Splits) -> None:
    with pytest.raises(
        Unavailable, match=f"the gate has let 0 of {10 * MOST_DRAWS} synthetic points pass; 10 are need"
    ):
        accepted_points(generator, AcceptLarge(1000), splits, 10, 3)


def test_an_oracle_that_has_no_more_points_is_unavailable(splits: Splits) -> None:
    oracle = Real().fit(splits.pool, seed=0)
    assert accepted_points(oracle, AcceptLarge(50), splits, 25, 0)[:, 0].tolist() == list(range(50, 75))
    with pytest.raises(Unavailable, match="the pool holds 100"):
        accepted_points(oracle, AcceptLarge(50), splits, 60, 0)
