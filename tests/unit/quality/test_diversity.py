"""Repeats, modes and the Vendi score of samples whose variety is known."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from scipy.linalg import eigvalsh
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from sklearn.metrics.pairwise import cosine_similarity
from torch import Tensor

from synthmix.quality import diversity
from synthmix.quality.diversity import duplicate_share, holes, modes_reached, n_modes, vendi


def gaussian(n: int, dimension: int, seed: int) -> Tensor:
    return torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def groups(n: int, seed: int, centres: range = range(10)) -> Tensor:
    """Points of groups that are far apart, each as large as the others."""
    points = gaussian(n, 4, seed)
    points[:, 0] += 100 * torch.tensor(centres)[torch.arange(n) % len(centres)]
    return points


def test_examples_in_docstrings_run() -> None:
    results = doctest.testmod(diversity, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


def test_vendi_is_that_of_the_whole_similarity_matrix() -> None:
    points = gaussian(150, 9, 0) * torch.linspace(0.2, 3, 9)
    expected = np.exp(entropy(np.clip(eigvalsh(cosine_similarity(points.numpy()) / 150), 0, None)))
    assert vendi(points) == pytest.approx(expected, rel=1e-6)
    assert vendi(points.repeat(4, 1)) == pytest.approx(expected, rel=1e-6)


def test_vendi_counts_directions() -> None:
    axes = torch.eye(6)[torch.arange(60) % 6]
    assert vendi(axes * torch.linspace(0.1, 9, 60)[:, None]) == pytest.approx(6, rel=1e-9)
    assert vendi(torch.ones(5, 3)) == pytest.approx(1, rel=1e-9)
    assert vendi(torch.cat([axes, torch.zeros(7, 6)])) == pytest.approx(6, rel=1e-9)
    with pytest.raises(ValueError, match="origin"):
        vendi(torch.zeros(4, 2))


def test_duplicate_share_is_that_of_the_distance_matrix() -> None:
    real, synthetic = gaussian(300, 2, 0), gaussian(300, 2, 1)
    nearest = [np.sort(cdist(x.numpy(), x.numpy()), axis=1)[:, 1] for x in (real, synthetic)]
    expected = (nearest[1] <= 0.1 * np.median(nearest[0])).mean()
    assert expected > 0
    assert duplicate_share(real, synthetic) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("dimension", "expected"), [(1, 0.067), (2, 0.007)])
def test_a_real_sample_has_the_repeats_that_chance_gives(dimension: int, expected: float) -> None:
    """1 - 2^(-.1^d) of points that are spread evenly."""
    uniform = [torch.rand(4000, dimension, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    assert duplicate_share(*uniform) == pytest.approx(expected, rel=0.4)


@pytest.mark.parametrize(("noise", "expected"), [(0.0, 1.0), (1e-3, 1.0), (1.0, 0.0)])
def test_practically_the_same_points(noise: float, expected: float) -> None:
    real = gaussian(400, 16, 0)
    copies = real[:20].repeat(20, 1)
    assert duplicate_share(real, copies + noise * gaussian(400, 16, 1)) == pytest.approx(expected, abs=0.02)


def test_a_point_that_occurs_once_is_no_duplicate() -> None:
    real = gaussian(100, 8, 0)
    sample = torch.cat([gaussian(60, 8, 1), gaussian(20, 8, 2).repeat(2, 1)])
    assert duplicate_share(real, sample) == 0.4


@pytest.mark.parametrize("kept", [10, 9, 5, 1])
def test_modes_that_are_reached(kept: int) -> None:
    train = groups(200, 0)  # 10 clusters, one for each group
    assert modes_reached(train, groups(300, 1, range(kept))) == pytest.approx(kept / 10)


def test_a_mode_that_is_hardly_reached_does_not_count() -> None:
    train, most = groups(200, 0), groups(900, 1, range(9))
    for some, reached in ((15, 0.9), (25, 1.0)):  # a fifth of its share would be 18 points
        lone = gaussian(some, 4, 2) + torch.tensor([900.0, 0, 0, 0])
        assert modes_reached(train, torch.cat([most, lone])) == pytest.approx(reached)


def test_equal_points_are_one_mode() -> None:
    assert modes_reached(torch.ones(50, 3), torch.zeros(10, 3)) == 1


@pytest.mark.parametrize(("n", "expected"), [(2, 2), (50, 5), (100, 7), (1000, 22), (10**6, 50)])
def test_number_of_modes(n: int, expected: int) -> None:
    assert n_modes(n) == expected


def test_a_hole_is_where_a_whole_region_lacks_synthetic_points() -> None:
    rng = torch.Generator().manual_seed(0)
    clusters = 40 * torch.eye(4, dtype=torch.float64)[:, None] + torch.randn(4, 150, 4, generator=rng).double()
    train, synthetic = clusters[:, :50].flatten(0, 1), clusters[:, 50:]
    assert holes(train, synthetic.flatten(0, 1)) == 0
    assert holes(train, synthetic[1:].flatten(0, 1)) == 0.25
    assert holes(train, synthetic[:1].flatten(0, 1)) == 0.75
    assert holes(train, synthetic[:1].flatten(0, 1)[:19]) == 0  # too few to tell


def test_points_left_out_here_and_there_are_no_hole() -> None:
    rng = torch.Generator().manual_seed(0)
    train = torch.rand(300, 2, generator=rng).double()
    assert holes(train, train[torch.arange(300) % 4 != 0]) == 0
    assert 0.15 < holes(train, train[train[:, 0] > 0.3]) < 0.3


def test_a_weak_sample_has_no_hole() -> None:
    """All of it lies further from the points of train than these from each other."""
    train, beside = gaussian(300, 20, 0), gaussian(2000, 20, 1) * 1.5
    between = torch.cdist(train, train).fill_diagonal_(torch.inf)
    assert torch.cdist(train, beside).min(1).values.median() > between.min(1).values.median()
    assert holes(train, beside) == 0


def test_a_hole_has_less_than_its_part_of_what_is_expected() -> None:
    """Two groups of ten points far apart: 14.8 % of what belongs to the first are a hole, 15.2 % are none."""
    train = torch.cat([gaussian(10, 2, 0), gaussian(10, 2, 1) + 100])
    for found, expected in ((74, 0.5), (76, 0.0)):
        synthetic = torch.cat([train[:1].expand(found, 2), train[-1:].expand(1000 - found, 2)])
        assert holes(train, synthetic) == expected


def test_equal_points_of_train_are_one_place() -> None:
    rng = torch.Generator().manual_seed(0)
    train, new = (torch.randint(4, (n, 2), generator=rng).double() for n in (1000, 2000))
    assert holes(train, new) == 0
    without = new[(new != 0).any(1)]
    assert holes(train, without) == (train == 0).all(1).double().mean()
