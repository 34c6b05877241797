"""Pictures of a fitted self-organising map: U-matrix, hit map, component planes, codebook grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from synthmix.spec import DataSpec
from synthmix.tasks.clustering.learners.som import SelfOrganizingMap

NODE_SIZE = 0.5  # inches
NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=2) if step != (0, 0)]


def u_matrix(som: SelfOrganizingMap) -> Figure:
    """Mean distance of each node to its neighbours, the diagonal ones included: dark valleys are clusters.

    Source: Ultsch and Siemon, "Kohonen's self organizing feature maps for exploratory data analysis", INNC 1990.
    """
    figure, axes = _grid_figure(som, "U-matrix: mean distance to the neighbouring nodes")
    image = axes.imshow(neighbour_distances(_codebook(som)), cmap="viridis")
    figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def hit_map(som: SelfOrganizingMap, X: ArrayLike, clusters: ArrayLike | None = None) -> Figure:
    """A square on each node, of an area proportional to its number of points and in the colour of their majority.

    Args:
        som: the fitted map.
        X: points (N, D).
        clusters: a number from 0 on for each point (N,), a cluster or a class; None takes `som.predict(X)`.
    """
    numbers = som.predict(X) if clusters is None else np.asarray(clusters)
    cells = som.transform(X).astype(int)
    counts = np.zeros((som.rows, som.columns, numbers.max() + 1))
    np.add.at(counts, (cells[:, 0], cells[:, 1], numbers), 1)
    hits, majority = counts.sum(axis=2), counts.argmax(axis=2)
    figure, axes = _grid_figure(som, f"Hits of {len(numbers)} points, in the colour of their majority")
    colours = _colours(counts.shape[2])
    for row, column in np.argwhere(hits):
        side = 0.95 * np.sqrt(hits[row, column] / hits.max())
        corner = (column - side / 2, row - side / 2)
        axes.add_patch(Rectangle(corner, side, side, color=colours[majority[row, column]], linewidth=0))
    shown = np.unique(majority[hits > 0])
    handles = [Rectangle((0, 0), 1, 1, color=colours[number]) for number in shown]
    axes.legend(handles, list(map(str, shown)), loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def component_planes(som: SelfOrganizingMap, names: Sequence[str] | None = None, limit: int = 16) -> Figure:
    """One map for each feature, coloured by the nodes' values: which features go together, and where.

    Args:
        som: the fitted map.
        names: of the features; None numbers them.
        limit: the most planes shown; those whose values vary most over the nodes.
    """
    codebook = _codebook(som)
    variances = som.codebook_.var(axis=0)
    features = np.sort(np.argsort(-variances, kind="stable")[:limit])
    n_columns = int(np.ceil(np.sqrt(len(features))))
    n_rows = -(-len(features) // n_columns)
    figure = Figure(figsize=(2.2 * n_columns, 2.0 * n_rows + 0.4), layout="constrained")
    figure.suptitle(f"Component planes: {len(features)} of {len(variances)} features", fontsize="medium")
    for position, feature in enumerate(features, start=1):
        axes = figure.add_subplot(n_rows, n_columns, position)
        image = axes.imshow(codebook[:, :, feature], cmap="viridis")
        axes.set_title(names[feature] if names else f"feature {feature}", fontsize="small")
        axes.set(xticks=[], yticks=[])
        figure.colorbar(image, ax=axes, shrink=0.8).ax.tick_params(labelsize="x-small")
    return figure


def codebook_grid(som: SelfOrganizingMap, spec: DataSpec) -> Figure:
    """Each node at its place: as an image for image data, as a line over its features for tables.

    Args:
        som: the fitted map, on the points' own values (N, spec.size).
        spec: of the data that it was fitted to.
    """
    figure, axes = _grid_figure(som, "Codebook")
    if spec.kind == "image":
        extent = (-0.5, som.columns - 0.5, som.rows - 0.5, -0.5)
        low, high = spec.value_range or (som.codebook_.min(), som.codebook_.max())
        tiles = (_tiled(_codebook(som), spec.shape) - low) / (high - low)
        axes.imshow(tiles.clip(0, 1).squeeze(), cmap="gray", vmin=0, vmax=1, extent=extent)
    else:
        _draw_profiles(axes, _codebook(som))
    axes.set_xticks(np.arange(som.columns - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(som.rows - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="0.7", linewidth=1)
    axes.tick_params(which="minor", length=0)
    return figure


def neighbour_distances(codebook: NDArray[Any]) -> NDArray[Any]:
    """Mean Euclidean distance of each node to its up to eight neighbours: (rows, columns, D) → (rows, columns)."""
    rows, columns, _ = codebook.shape
    padded = np.pad(codebook, ((1, 1), (1, 1), (0, 0)), constant_values=np.nan)
    shifted = [padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] for down, right in NEIGHBOURS]
    return np.asarray(np.nanmean(np.linalg.norm(np.stack(shifted) - codebook, axis=-1), axis=0))


def _codebook(som: SelfOrganizingMap) -> NDArray[Any]:
    return np.asarray(som.codebook_.reshape(som.rows, som.columns, -1))


def _grid_figure(som: SelfOrganizingMap, title: str) -> tuple[Figure, Axes]:
    size = (NODE_SIZE * som.columns + 1.5, NODE_SIZE * som.rows + 0.7)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize="medium")
    axes.set(xlim=(-0.5, som.columns - 0.5), ylim=(som.rows - 0.5, -0.5), aspect="equal", xticks=[], yticks=[])
    return figure, axes


def _colours(count: int) -> NDArray[Any]:
    """Distinct colours: ten that are known to be easy to tell apart, or a hue circle where there are more."""
    if count <= 10:
        return np.asarray(mpl.colormaps["tab10"](np.arange(count)))
    return np.asarray(mpl.colormaps["hsv"](np.linspace(0, 1, count, endpoint=False)))


def _tiled(codebook: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """(rows, columns, C·H·W) → one image (rows·H, columns·W, C)."""
    rows, columns, _ = codebook.shape
    channels, height, width = shape
    tiles = codebook.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    return tiles.reshape(rows * height, columns * width, channels)


def _draw_profiles(axes: Axes, codebook: NDArray[Any]) -> None:
    rows, columns, n_features = codebook.shape
    low, high = codebook.min(), codebook.max()
    heights = 0.8 * ((codebook - low) / (high - low or 1) - 0.5)
    across = np.linspace(-0.4, 0.4, n_features)
    for row, column in product(range(rows), range(columns)):
        axes.plot(column + across, row - heights[row, column], color="tab:blue", linewidth=1)
