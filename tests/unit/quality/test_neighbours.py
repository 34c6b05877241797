"""Neighbours against scipy's distance matrix, and precision, recall, density and coverage against prdc."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from torch import Tensor

from synthmix.quality import neighbours
from synthmix.quality.features import feature_sets
from synthmix.quality.neighbours import PrecisionRecallDensityCoverage, nearest, precision_recall_density_coverage


def gaussian(n: int, dimension: int, seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_definition(real: np.ndarray, synthetic: np.ndarray, k: int) -> dict[str, float]:
    """From the whole distance matrices, which scipy takes from differences, so that ties are exact."""
    real_radii, synthetic_radii = (np.sort(cdist(x, x), axis=1)[:, k] for x in (real, synthetic))
    between = cdist(real, synthetic)
    in_real = between < real_radii[:, None]
    return {
        "precision": in_real.any(0).mean(),
        "recall": (between < synthetic_radii).any(1).mean(),
        "density": in_real.sum(0).mean() / k,
        "coverage": in_real.any(1).mean(),
    }


def test_examples_in_docstrings_run() -> None:
    results = doctest.testmod(neighbours, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("scale", [1.0, 0.7, 1.4])
def test_agrees_with_whole_distance_matrices(k: int, scale: float) -> None:
    real, synthetic = gaussian(400, 8, 0), gaussian(300, 8, 1, scale)
    expected = by_definition(real.numpy(), synthetic.numpy(), k)
    assert precision_recall_density_coverage(real, synthetic, k=k) == pytest.approx(expected, rel=1e-12)
    assert 0 < expected["precision"] <= 1


def test_agrees_with_prdc() -> None:
    prdc = pytest.importorskip("prdc", reason="prdc is not installed; its definition is tested above")
    real, synthetic = gaussian(1000, 16, 0), gaussian(900, 16, 1, 0.9)
    expected = prdc.compute_prdc(real.numpy(), synthetic.numpy(), nearest_k=5)
    assert precision_recall_density_coverage(real, synthetic) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(4, 30), st.integers(4, 30), st.integers(1, 3))
def test_ties_and_copies_are_those_of_exact_distances(seed: int, dimension: int, n: int, m: int, k: int) -> None:
    """On a coarse grid, far from the origin, where most distances occur twice and many points too."""
    rng = np.random.default_rng(seed)
    real, synthetic = (rng.integers(0, 4, (size, dimension)) + 1000.0 for size in (n, m))
    values = precision_recall_density_coverage(torch.from_numpy(real), torch.from_numpy(synthetic), k=k)
    assert values == pytest.approx(by_definition(real, synthetic, k), rel=1e-12)


def test_a_set_against_itself() -> None:
    points = gaussian(200, 4, 0)
    values = precision_recall_density_coverage(points, points.clone())
    assert values == {"precision": 1, "recall": 1, "density": 1, "coverage": 1}  # the k-th neighbour is on the rim


def test_single_precision_far_from_the_origin_is_no_worse() -> None:
    real, synthetic = (gaussian(300, 3, 0) + 100).float(), (gaussian(300, 3, 1) + 100).float()
    expected = by_definition(real.double().numpy(), synthetic.double().numpy(), 5)
    assert precision_recall_density_coverage(real, synthetic) == pytest.approx(expected, rel=1e-12)


def test_a_lost_mode_takes_coverage_and_recall_but_not_precision() -> None:
    real = torch.cat([gaussian(200, 2, 0), gaussian(200, 2, 1) + 50])
    values = precision_recall_density_coverage(real, gaussian(400, 2, 2))
    assert values["precision"] > 0.9
    assert 0.4 < values["recall"] <= 0.5
    assert 0.4 < values["coverage"] <= 0.5


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_those_of_the_distance_matrix(same: bool, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_sets, "BLOCK_VALUES", 1000)  # many blocks
    points = gaussian(150, 5, 0)
    others = points if same else gaussian(120, 5, 1)
    distances, places = nearest(points, others, k, same=same)
    whole = cdist(points.numpy(), others.numpy()) + (np.diag([np.inf] * 150) if same else 0)
    assert places.tolist() == np.argsort(whole, axis=1)[:, :k].tolist()
    np.testing.assert_allclose(distances.numpy(), np.sort(whole, axis=1)[:, :k], rtol=1e-12)


def test_a_copy_is_at_exactly_no_distance() -> None:
    points = gaussian(100, 20, 0) + 1e6
    assert nearest(points, points.clone())[0].eq(0).all()


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    real, synthetic = gaussian(300, 6, 0), gaussian(200, 6, 1)
    whole = precision_recall_density_coverage(real, synthetic)
    monkeypatch.setattr(feature_sets, "BLOCK_VALUES", 450)  # two rows at once
    assert precision_recall_density_coverage(real, synthetic) == whole


def test_batches_add_up() -> None:
    metric = PrecisionRecallDensityCoverage(k=3)
    real, synthetic = gaussian(90, 4, 0), gaussian(70, 4, 1)
    for batch in torch.split(real, 25):
        metric.update(batch, real=True)
    for batch in torch.split(synthetic, 25):
        metric.update(batch, real=False)
    values = {name: value.item() for name, value in metric.compute().items()}
    assert values == precision_recall_density_coverage(real, synthetic, k=3)
    metric.reset()
    with pytest.raises(ValueError, match="no real points"):
        metric.compute()


@pytest.mark.parametrize(
    ("n", "m", "k", "message"),
    [(5, 50, 5, "at least 6 real"), (50, 5, 5, "at least 6 synthetic"), (50, 50, 0, "k=0: must be ≥ 1")],
)
def test_too_few_points_are_refused(n: int, m: int, k: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall_density_coverage(gaussian(n, 2, 0), gaussian(m, 2, 1), k=k)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (torch.full((10, 2), torch.nan), "must be finite"),
        (torch.zeros(10), "of shape"),
        (torch.zeros(10, 0), "of shape"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(broken: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall_density_coverage(gaussian(10, 2, 0), broken)
