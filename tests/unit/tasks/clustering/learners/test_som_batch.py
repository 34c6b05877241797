from __future__ import annotations

import numpy as np
import pytest
import torch

from synthmix.tasks.clustering.learners import som_batch


def loop_update(x, weight, codebook, rows, columns, sigma, neighbourhood):
    """One batch epoch as the textbook has it: a loop over points and nodes."""
    numerator, denominator = np.zeros_like(codebook), np.zeros(len(codebook))
    for point, w in zip(x, weight, strict=True):
        best = int(((codebook - point) ** 2).sum(axis=1).argmin())
        for node in range(len(codebook)):
            squared = (node // columns - best // columns) ** 2 + (node % columns - best % columns) ** 2
            h = np.exp(-squared / (2 * sigma**2)) if neighbourhood == "gaussian" else float(squared <= sigma**2)
            numerator[node] += h * w * point
            denominator[node] += h * w
    reached = denominator > 0
    updated = codebook.copy()
    updated[reached] = numerator[reached] / denominator[reached, None]
    return updated


@pytest.mark.parametrize("neighbourhood", ["gaussian", "bubble"])
@pytest.mark.parametrize("weighted", [False, True])
def test_epochs_equal_a_loop_over_points_and_nodes(neighbourhood, weighted) -> None:
    rng = np.random.default_rng(0)
    rows, columns = 4, 3
    weight = rng.uniform(0, 3, 60) if weighted else np.ones(60)
    x = rng.normal(size=(60, 5)) * [3, 2, 1, 1, 1]
    x -= np.average(x, axis=0, weights=weight)
    tensors = torch.from_numpy(x), torch.from_numpy(weight)
    expected = som_batch.principal_plane(*tensors, rows, columns).numpy()
    sigmas = [1.5, 1.0]
    for sigma in sigmas:
        expected = loop_update(x, weight, expected, rows, columns, sigma, neighbourhood)
    got = som_batch.train(*tensors, rows=rows, columns=columns, sigmas=sigmas, neighbourhood=neighbourhood)
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-12)


def test_a_node_out_of_reach_stays_where_it_was() -> None:
    codebook = torch.tensor([[0.0], [1.0], [2.0]])
    kernel = som_batch.neighbourhood_kernel(torch.tensor([[0.0, 0], [0, 1], [0, 2]]), 1.0, "bubble")
    sums, hits = torch.tensor([[10.0], [0.0], [0.0]]), torch.tensor([2.0, 0.0, 0.0])
    assert som_batch.batch_update(codebook, sums, hits, kernel).flatten().tolist() == [5.0, 5.0, 2.0]


def test_the_start_is_the_plane_of_the_first_two_components() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 6)) * [1, 5, 1, 3, 1, 1]
    x -= x.mean(axis=0)
    plane = som_batch.principal_plane(torch.from_numpy(x), torch.ones(200, dtype=torch.float64), 7, 4).numpy()
    _, singular, components = np.linalg.svd(x, full_matrices=False)
    coordinates = plane @ components.T
    np.testing.assert_allclose(coordinates[:, 2:], 0, atol=1e-10)
    grid = np.abs(coordinates[:, :2].reshape(7, 4, 2)) / (singular[:2] / np.sqrt(200))
    steps_along_rows, steps_along_columns = np.abs(np.linspace(-1, 1, 7)), np.abs(np.linspace(-1, 1, 4))
    np.testing.assert_allclose(grid[:, :, 0], np.repeat(steps_along_rows[:, None], 4, axis=1), atol=1e-10)
    np.testing.assert_allclose(grid[:, :, 1], np.repeat(steps_along_columns[None], 7, axis=0), atol=1e-10)


def test_the_longer_side_follows_the_first_component_and_one_feature_is_enough() -> None:
    x = torch.linspace(-1, 1, 50, dtype=torch.float64)[:, None]
    weight = torch.ones(50, dtype=torch.float64)
    lying = som_batch.principal_plane(x, weight, 2, 5).reshape(2, 5)
    assert torch.equal(lying[0], lying[1])
    assert (lying[0].diff() > 0).all()


def test_best_matching_units_are_the_nearest_nodes_beyond_one_block() -> None:
    rng = np.random.default_rng(2)
    x, codebook = rng.normal(size=(som_batch.POINTS_PER_BLOCK + 10, 3)), rng.normal(size=(20, 3))
    distances = np.linalg.norm(x[:, None] - codebook, axis=2)
    for count in (1, 2):
        got = som_batch.best_matching_units(torch.from_numpy(x), torch.from_numpy(codebook), count).numpy()
        np.testing.assert_array_equal(got, np.argsort(distances, axis=1)[:, :count])
