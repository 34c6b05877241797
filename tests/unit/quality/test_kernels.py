"""Kernel distances against whole Gram matrices of scikit-learn, and the subsets of torch-fidelity."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from torch import Tensor

from synthmix.quality import kernels
from synthmix.quality.features import feature_sets
from synthmix.quality.kernels import KernelDistance, MaximumMeanDiscrepancy, kid, median_distance, mmd


def gaussian(n: int, dimension: int, seed: int, shift: float = 0.0) -> Tensor:
    return shift + torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unbiased(within_x: np.ndarray, within_y: np.ndarray, between: np.ndarray) -> float:
    n, m = len(within_x), len(within_y)
    return float(
        (within_x.sum() - np.trace(within_x)) / (n * (n - 1))
        + (within_y.sum() - np.trace(within_y)) / (m * (m - 1))
        - 2 * between.mean()
    )


def cubic(x: np.ndarray, y: np.ndarray) -> float:
    kernel = {"degree": 3, "gamma": 1 / x.shape[1], "coef0": 1}
    return unbiased(*(polynomial_kernel(a, b, **kernel) for a, b in ((x, x), (y, y), (x, y))))


def test_examples_in_docstrings_run() -> None:
    results = doctest.testmod(kernels, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("block_values", [2**20, 700])
def test_kid_is_that_of_whole_gram_matrices(block_values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_sets, "BLOCK_VALUES", block_values)
    x, y = gaussian(300, 7, 0), gaussian(200, 7, 1, 0.3)
    assert kid(x, y) == pytest.approx(cubic(x.numpy(), y.numpy()), rel=1e-9)


def test_kid_of_subsets_is_that_of_torch_fidelity() -> None:
    """Its published procedure: both sets drawn in turn from one legacy stream of numpy, without replacement."""
    x, y = gaussian(120, 5, 0), gaussian(90, 5, 1, 0.5)
    rng, values = np.random.RandomState(2020), []
    for _ in range(7):
        first = x.numpy()[rng.choice(120, 50, replace=False)]
        values.append(cubic(first, y.numpy()[rng.choice(90, 50, replace=False)]))
    assert kid(x, y, subsets=7, subset_size=50, seed=2020) == pytest.approx(np.mean(values), rel=1e-9)


def test_kid_agrees_with_torch_fidelity() -> None:
    reason = "torch-fidelity is not installed; its procedure is tested above"
    reference = pytest.importorskip("torch_fidelity.metric_kid", reason=reason)
    x, y = gaussian(300, 16, 0).float(), gaussian(250, 16, 1, 0.4).float()
    settings = {"kid_subsets": 10, "kid_subset_size": 100, "kid_degree": 3, "kid_gamma": None, "kid_coef0": 1}
    expected = reference.kid_features_to_metric(x, y, **settings, rng_seed=2020, verbose=False)
    value = kid(x, y, subsets=10, subset_size=100, seed=2020)
    assert value == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-4)


def test_kid_of_all_points_is_the_mean_of_many_subsets() -> None:
    x, y = gaussian(200, 4, 0), gaussian(200, 4, 1, 0.5)
    assert kid(x, y, subsets=400, subset_size=100) == pytest.approx(kid(x, y), rel=0.05)


@pytest.mark.parametrize("bandwidth", [0.5, 3.0, None])
def test_mmd_is_that_of_whole_gram_matrices(bandwidth: float | None) -> None:
    x, y = gaussian(300, 7, 0, 10), gaussian(200, 7, 1, 10.3)
    sigma = np.median(pdist(x.numpy())) if bandwidth is None else bandwidth
    grams = (rbf_kernel(a.numpy(), b.numpy(), gamma=0.5 / sigma**2) for a, b in ((x, x), (y, y), (x, y)))
    assert mmd(x, y, bandwidth=bandwidth) == pytest.approx(unbiased(*grams), rel=1e-9)


def test_mmd_of_gaussians_with_a_known_distance() -> None:
    """E k(x, y) = σᵈ (σ² + 2)^(-d/2) exp(-δ² / (2 (σ² + 2))) for unit Gaussians whose means are δ apart."""
    sigma, shift, d = 1.5, 1.0, 2
    norm = (sigma**2 / (sigma**2 + 2)) ** (d / 2)
    expected = 2 * norm * (1 - np.exp(-(d * shift**2) / (2 * (sigma**2 + 2))))
    pairs = ((gaussian(300, d, seed), gaussian(300, d, seed + 1000, shift)) for seed in range(100))
    values = [mmd(x, y, bandwidth=sigma) for x, y in pairs]
    assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / 10)
    assert np.std(values) / 10 < 0.02 * expected


def test_points_that_are_far_out_do_not_break_the_bound() -> None:
    x = torch.randn(40, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for scale in (1e3, 1e9, 1e30):
        assert 0 <= mmd(x, scale * x.flip(0), bandwidth=3.0) <= 2


@pytest.mark.parametrize("distance", [kid, mmd])
def test_equal_distributions_are_at_nothing_on_average(distance) -> None:
    values = [distance(gaussian(50, 3, seed), gaussian(40, 3, seed + 1000)) for seed in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values) / len(values) ** 0.5
    assert min(values) < 0


def test_the_bandwidth_of_many_points_is_that_of_some_at_equal_steps() -> None:
    points = gaussian(2500, 3, 0)
    assert median_distance(points) == pytest.approx(np.median(pdist(points[::3].numpy())), rel=1e-12)


def test_no_bandwidth_can_be_had_of_equal_points() -> None:
    with pytest.raises(ValueError, match="bandwidth=0"):
        mmd(torch.ones(10, 2), gaussian(10, 2, 0))


@pytest.mark.parametrize(("metric", "value"), [(KernelDistance(), kid), (MaximumMeanDiscrepancy(), mmd)])
def test_batches_add_up(metric, value) -> None:
    x, y = gaussian(90, 4, 0), gaussian(70, 4, 1, 0.5)
    for batch in torch.split(x, 25):
        metric.update(batch, real=True)
    metric.update(y, real=False)
    assert metric.compute().item() == value(x, y)


def test_subsets_larger_than_a_set_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1000 synthetic points, got 50"):
        kid(gaussian(2000, 2, 0), gaussian(50, 2, 1), subsets=3)
