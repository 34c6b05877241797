from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from torch import Tensor

from synthmix.plots.samples import real_synthetic_nearest, sample_grid
from synthmix.spec import DataSpec

IMAGES = DataSpec("images", "image", (1, 4, 5), (-1.0, 1.0), None)
COLOURS = DataSpec("colours", "image", (3, 4, 5), (0.0, 1.0), None)
TABLE = DataSpec("table", "table", (6,), None, None)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def picture(axes: Axes) -> np.ndarray:
    (image,) = axes.images
    return np.asarray(image.get_array())


def labels_below(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_xticklabels()]


def test_grid_shows_each_image_in_its_place_with_values_mapped_and_clipped() -> None:
    x = torch.linspace(-1, 1, 7)[:, None, None, None].expand(7, 1, 4, 5).clone()
    x[6] = 5.0
    grid = picture(sample_grid(x, IMAGES, columns=3).axes[0])
    assert grid.shape == (3 * 5 - 1, 3 * 6 - 1)
    corners = grid[::5, ::6]
    np.testing.assert_allclose(corners.ravel()[:7], [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1], atol=1e-6)
    assert (grid[4] == 1).all()


def test_colours_stay_with_their_pixels() -> None:
    x = noise(2, 3, 4, 5)
    grid = picture(sample_grid(x, COLOURS, columns=2).axes[0])
    np.testing.assert_allclose(grid[:4, :5], x[0].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(grid[:4, 6:11], x[1].permute(1, 2, 0).numpy())


def test_real_images_stand_beside_as_many_synthetic_ones() -> None:
    figure = sample_grid(noise(6, 1, 4, 5), IMAGES, real=noise(50, 1, 4, 5), columns=3)
    assert [axes.get_title() for axes in figure.axes] == ["real", "synthetic"]
    assert picture(figure.axes[0]).shape == picture(figure.axes[1]).shape


@pytest.mark.parametrize(("n_features", "panels"), [(1, 1), (2, 3), (6, 10)])
def test_tables_are_a_scatter_matrix(n_features: int, panels: int) -> None:
    spec = DataSpec("table", "table", (n_features,), None, None)
    figure = sample_grid(noise(30, n_features), spec, real=noise(40, n_features, seed=1))
    assert len(figure.axes) == panels
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["real", "synthetic"]
    figure.canvas.draw()


def test_a_constant_column_can_be_drawn() -> None:
    sample_grid(torch.zeros(20, 6), TABLE).canvas.draw()


@pytest.mark.parametrize("spec", [IMAGES, TABLE])
def test_nearest_real_point_and_its_distance(spec: DataSpec) -> None:
    real = 2 * noise(40, *spec.shape) - 1
    synthetic = real[[7, 33, 12]].clone()
    synthetic[1].flatten()[0] += 0.25
    synthetic[2].flatten()[1] -= 0.5
    figure = real_synthetic_nearest(real, synthetic, spec)
    shown, made, near = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["real", "synthetic", "nearest real"]
    assert labels_below(near) == ["copy", "0.25", "0.5"]
    np.testing.assert_allclose(picture(near)[:, 0], picture(made)[:, 0])
    assert not np.allclose(picture(near), picture(made))
    expected = picture(real_synthetic_nearest(real, real[[7, 33, 12]], spec).axes[1])
    np.testing.assert_allclose(picture(near), expected)
    assert picture(shown).shape == picture(near).shape


def test_title_tells_what_is_near_among_real_points() -> None:
    line = torch.arange(10.0)[:, None] * 3
    spec = DataSpec("line", "table", (1,), None, None)
    figure = real_synthetic_nearest(line, line[:2] + 1, spec)
    assert "3" in figure.get_suptitle()
    assert labels_below(figure.axes[2]) == ["1", "1"]


def test_fewer_real_than_synthetic_points() -> None:
    real_synthetic_nearest(noise(4, 1, 4, 5), noise(10, 1, 4, 5, seed=1), IMAGES).canvas.draw()
