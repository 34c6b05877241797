"""Fréchet distances of features against torchmetrics' own, and their limit for ever more points."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from synthmix.quality import frechet
from synthmix.quality.frechet import FrechetDistance, Moments, frechet_infinity


def gaussian(n: int, dimension: int, seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Unchanged(nn.Module):
    num_features = 12

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_examples_in_docstrings_run() -> None:
    results = doctest.testmod(frechet, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


def test_agrees_with_torchmetrics() -> None:
    real, synthetic = gaussian(500, 12, 0), gaussian(400, 12, 1, 1.3) + 0.2
    reference = FrechetInceptionDistance(feature=Unchanged())
    reference.update(real, real=True)
    reference.update(synthetic, real=False)
    distance = Moments.of(real).distance(Moments.of(synthetic))
    assert distance == pytest.approx(reference.compute().item(), rel=1e-5)  # which it gives in float32


def test_agrees_with_torch_fidelity() -> None:
    reason = "torch-fidelity is not installed; torchmetrics' distance is tested above"
    reference = pytest.importorskip("torch_fidelity.metric_fid", reason=reason)
    real, synthetic = gaussian(500, 12, 0), gaussian(400, 12, 1, 1.3) + 0.2
    sides = [reference.fid_features_to_statistics(points) for points in (real, synthetic)]
    expected = reference.fid_statistics_to_metric(*sides, verbose=False)["frechet_inception_distance"]
    assert Moments.of(real).distance(Moments.of(synthetic)) == pytest.approx(expected, rel=1e-4)


def test_batches_add_up_in_any_split() -> None:
    real, synthetic = gaussian(100, 5, 0), gaussian(80, 5, 1) + 1
    expected = Moments.of(real).distance(Moments.of(synthetic))
    for size in (1, 33, 100):
        metric = FrechetDistance(5)
        for batch in torch.split(real, size):
            metric.update(batch.float(), real=True)
        for batch in torch.split(synthetic, size):
            metric.update(batch.float(), real=False)
        assert metric.compute().item() == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="at least 2 real points, got 0"):
        FrechetDistance(5).compute()


def test_points_that_lie_on_a_line_have_the_distance_along_it() -> None:
    """Covariances of rank 1 in 300 dimensions, where square roots of small eigenvalues would add up."""
    direction = torch.nn.functional.normalize(gaussian(1, 300, 0))
    along, other = gaussian(50, 1, 1), gaussian(40, 1, 2, 3.0)
    expected = Moments.of(along).distance(Moments.of(other))
    distance = Moments.of(along @ direction).distance(Moments.of(other @ direction))
    assert distance == pytest.approx(expected, rel=1e-9)


def test_the_limit_is_without_the_bias_of_few_points() -> None:
    """Two unit Gaussians are at no distance; a sample of 1,000 is, by about (D² + 3D) / 4n and more."""
    reference = Moments(torch.zeros(30, dtype=torch.float64), torch.eye(30, dtype=torch.float64))
    at_n, limits = [], []
    for seed in range(12):
        points = gaussian(1000, 30, seed)
        at_n.append(reference.distance(Moments.of(points)))
        limits.append(frechet_infinity(reference, points, seed=seed))
    assert np.mean(at_n) > 0.2
    assert abs(np.mean(limits)) < 0.1 * np.mean(at_n)


def test_the_limit_of_another_distribution_is_its_distance() -> None:
    """Means 1 and standard deviations 2 in four dimensions: 4 · 1 + 4 · 1."""
    reference = Moments(torch.zeros(4, dtype=torch.float64), torch.eye(4, dtype=torch.float64))
    limits = [frechet_infinity(reference, gaussian(2000, 4, seed, 2.0) + 1, seed=seed) for seed in range(12)]
    assert np.mean(limits) == pytest.approx(8, abs=4 * np.std(limits) / 12**0.5)
    assert np.std(limits) < 0.5


def test_the_seed_of_the_subsets_decides() -> None:
    points, reference = gaussian(1000, 4, 0), Moments.of(gaussian(500, 4, 1))
    limit = frechet_infinity(reference, points)
    assert limit == frechet_infinity(reference, points)
    assert limit != frechet_infinity(reference, points, seed=1)


@pytest.mark.parametrize(("n", "dimension", "there"), [(999, 2, False), (1000, 100, True), (1000, 101, False)])
def test_few_points_have_no_limit(n: int, dimension: int, there: bool) -> None:
    points = gaussian(n, dimension, 0)
    assert (frechet_infinity(Moments.of(points), points) is not None) == there
