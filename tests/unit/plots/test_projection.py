from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from torch import Tensor

from synthmix.plots.projection import projection
from synthmix.plots.space import Space


def two_groups(n: int, seed: int) -> Tensor:
    """Half of the points around -5, half around 5 on the first of four axes."""
    points = torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))
    points[:, 0] += torch.where(torch.arange(n) < n // 2, -5.0, 5.0)
    return points


def space(real: Tensor, synthetic: Tensor) -> Space:
    return Space("identity", real, synthetic)


def drawn(axes: Axes) -> np.ndarray:
    return np.concatenate([collection.get_offsets() for collection in axes.collections])


def names(axes: Axes) -> list[str]:
    return sorted(text.get_text() for text in axes.texts)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_real_and_synthetic_beside_clusters(method: str) -> None:
    real, synthetic, clusters = two_groups(100, 0), two_groups(80, 1), np.arange(100) // 50
    figure = projection(space(real, synthetic), clusters, method=method, seed=0)
    comparison, by_cluster = figure.axes
    assert len(drawn(comparison)) == 2 * 80
    assert len(drawn(by_cluster)) == 100
    assert names(by_cluster) == ["0", "1"]
    first, second = (np.asarray(collection.get_offsets()) for collection in by_cluster.collections[:2])
    gap = np.linalg.norm(first.mean(0) - second.mean(0))
    assert gap > 2 * max(first.std(0).max(), second.std(0).max())


def test_axes_are_those_of_the_real_points() -> None:
    """Synthetic points far away do not turn the picture: the first axis still separates the groups."""
    synthetic = torch.zeros(100, 4)
    synthetic[:, 1] = 100 * torch.arange(100)
    axes = projection(space(two_groups(100, 0), synthetic), np.arange(100) // 50, method="pca", seed=0).axes[1]
    first, second = (np.asarray(collection.get_offsets())[:, 0] for collection in axes.collections[:2])
    assert first.max() < second.min() or second.max() < first.min()


def test_noise_is_crosses_and_told_in_the_title() -> None:
    clusters = np.where(np.arange(100) < 30, -1, 4)
    (axes,) = projection(space(two_groups(100, 0), torch.empty(0, 4)), clusters, seed=0).axes
    assert axes.get_title() == "real points in 1 cluster, 30% noise"
    assert names(axes) == ["4"]
    assert len(axes.collections[-1].get_offsets()) == 30


def test_no_more_points_than_stated_the_same_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthmix.plots.projection.MAX_POINTS", 100)
    arguments = space(two_groups(300, 0), two_groups(300, 1)), np.zeros(300, dtype=int)
    first, again, other = (projection(*arguments, seed=seed).axes[1] for seed in (0, 0, 1))
    assert len(drawn(first)) == 50
    np.testing.assert_array_equal(drawn(first), drawn(again))
    assert not np.allclose(drawn(first), drawn(other))


def test_many_clusters_are_not_all_named() -> None:
    (axes,) = projection(space(two_groups(200, 0), torch.empty(0, 4)), np.arange(200) % 90, seed=0).axes
    assert len(axes.texts) == 30


def test_images_are_flattened_and_random_state_is_left_alone() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    images = two_groups(60, 0).reshape(60, 1, 2, 2)
    for method in ("pca", "tsne"):
        projection(space(images, images[:30] + 1), np.arange(60) % 3, method=method, seed=0).canvas.draw()
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_fewer_points_than_values_are_drawn_too(method: str) -> None:
    real = torch.randn(24, 64, generator=torch.Generator().manual_seed(0))
    figure = projection(space(real, real[:0]), np.arange(24) % 3, method=method, seed=0)
    assert len(drawn(figure.axes[-1])) == 24


def test_the_name_of_a_cluster_of_two_lobes_stands_on_one_of_them() -> None:
    real = two_groups(100, 0)
    (axes,) = projection(space(real, torch.empty(0, 4)), np.zeros(100, int), method="pca", seed=0).axes
    (name,) = axes.texts
    assert np.linalg.norm(drawn(axes) - np.asarray(name.get_position()), axis=1).min() < 1e-6
