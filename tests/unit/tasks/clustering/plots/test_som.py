from __future__ import annotations

from io import BytesIO
from itertools import product

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import load_digits

from synthmix.spec import DataSpec
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap
from synthmix.tasks.clustering.plots import som as plots

IMAGES = DataSpec("digits", "image", (1, 8, 8), (-1.0, 1.0), 10)
TABLE = DataSpec("t", "table", (64,), None, None)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return (load_digits().data[:400] / 8 - 1).astype(np.float32)


@pytest.fixture(scope="module")
def som(x: np.ndarray) -> SelfOrganizingMap:
    return SelfOrganizingMap(4, 6, n_clusters=5, random_state=0).fit(x)


def drawn(figure: Figure) -> np.ndarray:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    return np.asarray(Image.open(buffer).convert("RGB"))


def test_every_picture_draws_something(som: SelfOrganizingMap, x: np.ndarray) -> None:
    figures = [
        plots.u_matrix(som),
        plots.hit_map(som, x),
        plots.component_planes(som, limit=5),
        plots.codebook_grid(som, IMAGES),
        plots.codebook_grid(som, TABLE),
    ]
    assert all(len(np.unique(drawn(figure).reshape(-1, 3), axis=0)) > 10 for figure in figures)


def test_the_u_matrix_is_the_mean_distance_to_the_neighbours(som: SelfOrganizingMap) -> None:
    codebook = som.codebook_.reshape(4, 6, -1)
    shown = plots.u_matrix(som).axes[0].images[0].get_array()
    for row, column in product(range(4), range(6)):
        near = [
            np.linalg.norm(codebook[row, column] - codebook[r, c])
            for r, c in product(range(4), range(6))
            if max(abs(r - row), abs(c - column)) == 1
        ]
        assert shown[row, column] == pytest.approx(np.mean(near), rel=1e-5)


def test_the_hit_map_has_areas_like_the_hits(som: SelfOrganizingMap, x: np.ndarray) -> None:
    patches = plots.hit_map(som, x).axes[0].patches
    areas = {
        (round(p.get_y() + p.get_height() / 2), round(p.get_x() + p.get_width() / 2)): p.get_width() ** 2
        for p in patches
    }
    hits = som.hits_.reshape(4, 6)
    assert set(areas) == {tuple(cell) for cell in np.argwhere(hits)}
    largest = areas[tuple(np.unravel_index(hits.argmax(), hits.shape))]
    for cell, area in areas.items():
        assert area / largest == pytest.approx(hits[cell] / hits.max())


def test_the_hit_map_takes_the_colour_of_the_majority(som: SelfOrganizingMap, x: np.ndarray) -> None:
    classes = load_digits().target[:400]
    axes = plots.hit_map(som, x, classes).axes[0]
    legend = axes.get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    colours = dict(zip(names, legend.get_patches(), strict=True))
    cells = som.transform(x)
    for patch in axes.patches:
        cell = [patch.get_y() + patch.get_height() / 2, patch.get_x() + patch.get_width() / 2]
        here = classes[np.abs(cells - cell).max(axis=1) < 0.1]
        majority = str(np.bincount(here).argmax())
        assert patch.get_facecolor() == colours[majority].get_facecolor()


def test_the_codebook_grid_has_each_node_at_its_place(som: SelfOrganizingMap) -> None:
    tiles = plots.codebook_grid(som, IMAGES).axes[0].images[0].get_array()
    assert tiles.shape == (32, 48)
    np.testing.assert_allclose(tiles[8:16, 40:48] * 2 - 1, som.codebook_[1 * 6 + 5].reshape(8, 8), atol=1e-6)


def test_component_planes_show_the_features_that_vary_most(som: SelfOrganizingMap) -> None:
    names = [f"pixel {i}" for i in range(64)]
    titles = {axes.get_title() for axes in plots.component_planes(som, names, limit=3).axes} - {""}
    assert titles == {names[i] for i in np.argsort(som.codebook_.var(axis=0))[-3:]}
