"""Offsets give levels their shares, and mean utilities are those of a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthmix.generators.copula.utilities import mean_utilities, offsets_for


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.7, 0.2, 0.1], [0.001, 0.009, 0.49, 0.5], [1.0]])
def test_each_level_is_taken_as_often_as_it_ought_to_be(shares: list[float]) -> None:
    offsets = offsets_for(torch.tensor(shares).double())
    draws = np.random.default_rng(0).normal(size=(200_000, len(shares))) + offsets.numpy()
    taken = np.bincount(draws.argmax(1), minlength=len(shares)) / len(draws)
    np.testing.assert_allclose(taken, shares, atol=0.005)


def test_of_two_levels_the_offset_is_a_normal_quantile() -> None:
    # P(u_1 + b_1 > u_2 + b_2) = Φ((b_1 - b_2) / √2)
    one, two = offsets_for(torch.tensor([0.8, 0.2]).double()).tolist()
    assert (one - two) / math.sqrt(2) == pytest.approx(0.8416212, abs=1e-6)


def test_a_level_without_a_share_is_never_taken() -> None:
    offsets = offsets_for(torch.tensor([0.3, 0.0, 0.7]).double())
    assert offsets[1] == -torch.inf
    means = mean_utilities(offsets)
    assert means[1].tolist() == means[:, 1].tolist() == [0, 0, 0]
    assert means.isfinite().all()


def test_mean_utilities_are_those_of_a_simulation() -> None:
    offsets = offsets_for(torch.tensor([0.6, 0.3, 0.1]).double())
    draws = np.random.default_rng(0).normal(size=(400_000, 3))
    level = (draws + offsets.numpy()).argmax(1)
    simulated = np.stack([draws[level == number].mean(0) for number in range(3)])
    np.testing.assert_allclose(mean_utilities(offsets), simulated, atol=0.02)
