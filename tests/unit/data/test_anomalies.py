"""What train is made of when anomalies are to be detected."""

from __future__ import annotations

import re

import pytest
import torch

from synthmix.data.base import Dataset
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.spec import AnomalyProtocol, DataSpec

LABELS = (torch.arange(1000) % 10 == 3).long() + (torch.arange(1000) % 10 == 7).long() * 2  # classes 1 and 2: a tenth
DATA = Dataset(torch.arange(2000.0).view(1000, 2), LABELS, DataSpec("t", "table", (2,), None, 3))


def splits(contamination: float | None, *, seed: int = 0, n_train: int = 100):  # type: ignore[no-untyped-def]
    protocol = AnomalyProtocol(0, contamination)
    return split(DATA, seed=seed, n_train=n_train, n_val=200, n_test=200, n_reserve=0, anomalies=protocol)


def test_clean_training_has_normal_points_alone_and_test_has_both_as_they_come() -> None:
    parts = splits(None)
    assert parts.train.y.sum() == parts.pool.y.sum() == 0
    plain = split(DATA, seed=0, n_train=100, n_val=200, n_test=200, n_reserve=0)
    assert torch.equal(parts.test.y, (plain.test.y != 0).long())
    assert torch.equal(parts.val.y, (plain.val.y != 0).long())
    assert parts.train.spec.n_classes == 2


@pytest.mark.parametrize("contamination", [0.05, 0.1, 0.29, 0.5])
def test_every_prefix_holds_its_share_of_anomalies(contamination: float) -> None:
    parts = splits(contamination)
    order = torch.cat([parts.train.y, parts.pool.y])
    expected = (torch.arange(1, len(order) + 1).double() * contamination + 1e-9).floor().long()
    assert torch.equal(order.cumsum(0), expected)


def test_a_smaller_train_is_the_beginning_of_a_larger_one() -> None:
    small, large = splits(0.1, n_train=40), splits(0.1, n_train=100)
    back = small.scaling.undone(small.train.x), large.scaling.undone(large.train.x)[:40]
    assert torch.allclose(*back)


@pytest.mark.parametrize(
    ("contamination", "n_train", "kind"),
    [(None, 590, "normal points"), (0.5, 300, "points of which 0.5 are anomalies")],
)
def test_too_few_points_of_a_kind_are_told(contamination: float | None, n_train: int, kind: str) -> None:
    line = rf"^data\.n_train={n_train}: must be ≤ (\d+) \({kind} left once test and val are set apart\)$"
    with pytest.raises(InvalidInput, match=line) as error:
        splits(contamination, n_train=n_train)
    told = re.search(line, str(error.value))
    assert told is not None
    assert len(splits(contamination, n_train=int(told[1])).train) == int(told[1])  # that many there are
    with pytest.raises(InvalidInput):
        splits(contamination, n_train=int(told[1]) + 1)


@pytest.mark.parametrize("contamination", [None, 0.25])
def test_generators_are_compared_with_points_such_as_train_is_made_of(contamination: float | None) -> None:
    parts = splits(contamination)
    reference = parts.for_generators().val
    share = 0.0 if contamination is None else contamination
    assert int(reference.y.sum()) == int(share * len(reference) + 1e-9) > (0 if share else -1)
    held_out = {tuple(row) for row in parts.val.x.tolist()}
    assert all(tuple(row) in held_out for row in reference.x.tolist())
    assert len(reference) < len(parts.val) == 200


def test_without_a_protocol_they_are_compared_with_all_of_val() -> None:
    parts = split(DATA, seed=0, n_train=100, n_val=200, n_test=200, n_reserve=0)
    assert parts.for_generators() is parts
