"""Gates by distance: near-copies and outliers are rejected, new real points are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from synthmix import load_dataset
from synthmix.data.base import Dataset, Splits
from synthmix.gates.base import Candidates, Gate
from synthmix.gates.config import AuthenticConfig, TypicalityConfig
from synthmix.gates.distances import Authentic, Typicality
from synthmix.generators.controls import Duplicate
from synthmix.spec import DataSpec

SPEC = DataSpec("t", "table", (3,), None, None)
RNG = torch.Generator().manual_seed(0)
POINTS = torch.randn(3000, 3, generator=RNG) * torch.tensor([3.0, 1.0, 0.5])
TRAIN, NEW = POINTS[:1000], POINTS[1000:]


def fitted(gate: Gate, train: torch.Tensor = TRAIN) -> Gate:
    part = Dataset(train, None, replace(SPEC, shape=tuple(train.shape[1:])))
    control = Duplicate().fit(part, seed=0)
    return gate.fit(Splits(part, part, part, part, None, 0), Candidates(control, 0, lambda: control))


def test_what_typicality_lets_pass_is_between_the_quantiles_of_train() -> None:
    own = cdist(TRAIN, TRAIN) + np.diag(np.full(len(TRAIN), np.inf))
    low, high = np.quantile(own.min(axis=1), [0.1, 0.8])
    nearest = cdist(NEW, TRAIN).min(axis=1)
    expected = (nearest >= low) & (nearest <= high)
    assert fitted(Typicality(TypicalityConfig(lowest=0.1, highest=0.8))).accept(NEW).tolist() == expected.tolist()


def test_new_real_points_are_as_typical_as_those_of_train() -> None:
    assert fitted(Typicality(TypicalityConfig(lowest=0.05, highest=0.95))).accept(NEW).double().mean() == pytest.approx(
        0.9, abs=0.03
    )


def test_outliers_are_not_typical() -> None:
    assert not fitted(Typicality(TypicalityConfig())).accept(NEW + 30).any()


def test_what_is_authentic_keeps_its_distance() -> None:
    own = (cdist(TRAIN, TRAIN) + np.diag(np.full(len(TRAIN), np.inf))).min(axis=1)
    to_train = cdist(NEW, TRAIN)
    expected = to_train.min(axis=1) > 0.7 * own[to_train.argmin(axis=1)]
    assert fitted(Authentic(AuthenticConfig(factor=0.7))).accept(NEW).tolist() == expected.tolist()


@pytest.mark.parametrize("n", [15, 60, 100])
def test_noise_is_not_typical_of_a_few_images(n: int) -> None:
    x = load_dataset("digits").x[: 2 * n]
    gate = fitted(Typicality(TypicalityConfig()), x[:n])
    assert not gate.accept(torch.rand(500, *x.shape[1:], generator=torch.Generator().manual_seed(0))).any()
    assert gate.accept(x[n:]).double().mean() > 0.7


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_copies_are_not_authentic(noise: float) -> None:
    assert not fitted(Authentic(AuthenticConfig())).accept(TRAIN + noise).any()


def test_a_pair_of_equal_points_does_not_hide_copies() -> None:
    doubled = torch.cat([TRAIN[:50], TRAIN[:50]])
    assert not fitted(Authentic(AuthenticConfig()), doubled).accept(doubled).any()


def test_each_point_is_judged_by_itself() -> None:
    for gate in (fitted(Authentic(AuthenticConfig())), fitted(Typicality(TypicalityConfig()))):
        assert torch.equal(gate.accept(NEW)[:100], gate.accept(NEW[:100]))


def test_two_points_are_enough() -> None:
    two = torch.tensor([[0.0, 0, 0], [1, 0, 0]])
    near = torch.tensor([[0.0, 0, 0], [0.6, 0, 0], [2.5, 0, 0]])
    assert fitted(Authentic(AuthenticConfig()), two).accept(near).tolist() == [False, False, True]
    assert fitted(Typicality(TypicalityConfig(lowest=0, highest=1)), two).accept(near + 1).tolist() == [
        False,
        False,
        False,
    ]
