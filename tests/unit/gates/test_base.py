"""Points drawn through a gate: what passes is a prefix of what would pass of more."""

from __future__ import annotations

from typing import Self

import pytest
import torch
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.errors import GateStarved, Unavailable
from synthmix.gates.base import MOST_DRAWS, AcceptAll, Candidates, accepted_points
from synthmix.generators.controls import Bootstrap, Control, Real
from synthmix.spec import DataSpec

SPEC = DataSpec("t", "table", (1,), None, None)
TRAIN = Dataset(torch.arange(100.0)[:, None], None, SPEC)


class AcceptLarge:
    """Lets points from a threshold on pass."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def fit(self, splits: Splits, candidates: Candidates) -> Self:
        return self

    def accept(self, points: Tensor) -> Tensor:
        return points[:, 0] >= self.threshold


def candidates(control: Control | None = None, seed: int = 3) -> Candidates:
    fitted = (control or Bootstrap()).fit(TRAIN, seed=0)
    return Candidates(fitted, seed, lambda: fitted)


def test_without_a_gate_the_pool_is_taken_as_it_is() -> None:
    points, _, rate = accepted_points(candidates(), AcceptAll(), 70)
    assert torch.equal(points, candidates().first(70))
    assert rate == 1


def test_what_passes_is_the_beginning_of_all_that_would_pass() -> None:
    pool = candidates().first(5000)
    passing = pool[pool[:, 0] >= 90]
    for n in (1, 10, 37, 300):
        points, places, rate = accepted_points(candidates(), AcceptLarge(90), n)
        assert torch.equal(points, passing[:n])
        assert torch.equal(pool[places], points)
        assert n < 100 or rate == pytest.approx(0.1, rel=0.3)


def test_the_rate_is_the_share_of_all_that_were_drawn() -> None:
    _, _, rate = accepted_points(candidates(), AcceptLarge(60), 100)
    assert rate == float((candidates().first(400)[:, 0] >= 60).double().mean())  # 100 and 200 were too few


def test_a_gate_that_starves_says_so() -> None:
    with pytest.raises(GateStarved, match=f"AcceptLarge has let 0 of {10 * MOST_DRAWS} synthetic points pass; 10 are"):
        accepted_points(candidates(), AcceptLarge(1000), 10)


def test_an_oracle_that_has_no_more_points_is_unavailable() -> None:
    oracle = candidates(Real())
    points, _, _ = accepted_points(oracle, AcceptLarge(50), 25)
    assert points[:, 0].tolist() == list(range(50, 75))
    points, _, rate = accepted_points(oracle, AcceptLarge(10), 85)  # of all hundred, as two times 85 are not there
    assert (points[:, 0].tolist(), rate) == (list(range(10, 95)), 0.9)
    with pytest.raises(Unavailable, match="the pool holds 100"):
        accepted_points(oracle, AcceptLarge(50), 60)
