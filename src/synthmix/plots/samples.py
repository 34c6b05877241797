"""Pictures of points themselves: grids of images, scatter matrices of tables, and nearest real neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from torch import Tensor

from synthmix.plots.palette import INK, REAL, SYNTHETIC
from synthmix.spec import DataSpec

TILE = 0.6  # inches, of an image
GAP = 0.25  # likewise, between sheets
FEATURES = 4  # of a table, in a scatter matrix
MAX_QUERIES = 200  # real points whose nearest other one tells what is near

_Array = NDArray[np.floating[Any]]


def sample_grid(
    x: Tensor, spec: DataSpec, *, real: Tensor | None = None, columns: int = 8, word: str = "synthetic"
) -> Figure:
    """What points look like: images in a grid, tables as a scatter matrix of their first four features.

    Args:
        x: synthetic points, (N, *spec.shape). Values outside the range of the data are clipped to it.
        spec: of the data.
        real: points to compare with, (M, *spec.shape): images of as many beside them, tables in the same axes.
        columns: images in a row.
        word: for `x`, in the titles.
    """
    groups = {word: x} if real is None else {"real": real, word: x}
    if spec.kind == "table":
        return _scatter_matrix({name: points.numpy() for name, points in groups.items()})
    return image_sheets({name: points[: len(x)] for name, points in groups.items()}, spec, columns=columns)


def image_sheets(groups: Mapping[str, Tensor], spec: DataSpec, *, columns: int, rows: Sequence[str] = ()) -> Figure:
    """Sheets of images side by side.

    Args:
        groups: by title, images (N, C, H, W), the first sheet the largest; NaN leaves a place empty.
        spec: of the images.
        columns: images in a row.
        rows: a name for each row, left of the first sheet.
    """
    n_rows = -(-max(map(len, groups.values())) // columns)
    size = ((TILE * columns + GAP) * len(groups) + (0.5 if rows else 0), TILE * n_rows + 0.4)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=GAP / 2, wspace=0))
    sheets = figure.subplots(1, len(groups), squeeze=False)[0]
    for axes, (name, points) in zip(sheets, groups.items(), strict=True):
        _show(axes, _tiled(_shades(points, spec), columns))
        axes.set_title(name, fontsize="medium", color=INK)
    if rows:
        height = spec.shape[1] + 1
        sheets[0].set_yticks([height * (place + 0.5) for place in range(len(rows))], rows, color=INK)
        sheets[0].tick_params(length=0)
    return figure


def real_synthetic_nearest(real: Tensor, synthetic: Tensor, spec: DataSpec) -> Figure:
    """Real points, synthetic points, and below each synthetic point the real one that is nearest to it.

    The number below is the Euclidean distance of the two, to be compared with the median distance of a real point to
    the nearest other one, in the title.

    Args:
        real: the points that the generator was fitted on, (N, *spec.shape), at least 2.
        synthetic: (M, *spec.shape); each is a column.
        spec: of the data. A point of a table is a column of its features, blue below the mean of the shown real
            points and red above it.
    """
    distances, index = _nearest(synthetic, real)
    typical = _typical_distance(real)
    rows = {"real": real[: len(synthetic)], "synthetic": synthetic, "nearest real": real[index]}
    figure = Figure(figsize=(TILE * len(synthetic) + 1.1, 3 * TILE + 0.8), layout="constrained")
    title = f"distance to the nearest real point (real to real: {typical:.2g})"
    figure.suptitle(title, fontsize="medium", color=INK)
    grid = figure.subplots(3, 1)
    for axes, (name, points) in zip(grid, rows.items(), strict=True):
        _show_row(axes, points, rows["real"], spec)
        axes.set_ylabel(name, rotation=0, ha="right", va="center", color=INK)
    low, high = grid[-1].get_xlim()
    width = (high - low) / len(synthetic)
    places = low + width * (np.arange(len(synthetic)) + 0.5)
    names = [f"{distance:.2g}" if distance else "copy" for distance in distances.tolist()]
    grid[-1].set_xticks(places, names, fontsize="small", color=INK)
    grid[-1].tick_params(length=0)
    return figure


def _nearest(points: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to the nearest real point and its index, (M,) each. Without the matrix product a copy is at 0."""
    exact = "donot_use_mm_for_euclid_dist"
    distances, index = torch.cdist(points.flatten(1), real.flatten(1), compute_mode=exact).min(dim=1)
    return distances, index


def _typical_distance(real: Tensor) -> float:
    """Median distance of a real point to the nearest other one, of up to 200 points."""
    distances = torch.cdist(real[:MAX_QUERIES].flatten(1), real.flatten(1))
    distances[range(len(distances)), range(len(distances))] = torch.inf
    return distances.min(dim=1).values.median().item()


def _shades(points: Tensor, spec: DataSpec) -> _Array:
    """(N, C, H, W) in the data's range → (N, H, W, C) in [0, 1]."""
    low, high = spec.value_range or (points.min().item(), points.max().item())
    shades: _Array = ((points - low) / (high - low)).clip(0, 1).movedim(1, 3).numpy()
    return shades


def _tiled(shades: _Array, columns: int) -> _Array:
    """(N, H, W, C) → one image, with a white line of one pixel between its tiles."""
    rows = -(-len(shades) // columns)
    padded = np.pad(shades, ((0, rows * columns - len(shades)), (0, 1), (0, 1), (0, 0)), constant_values=1.0)
    _, height, width, channels = padded.shape
    tiles = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return tiles.reshape(rows * height, columns * width, channels)[:-1, :-1]


def _show(axes: Axes, image: _Array, **options: Any) -> None:
    settings: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    axes.imshow(image, **(settings | options))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _show_row(axes: Axes, points: Tensor, reference: Tensor, spec: DataSpec) -> None:
    if spec.kind == "image":
        _show(axes, _tiled(_shades(points, spec), columns=len(points)))
        return
    mean, spread = reference.mean().item(), reference.std().item()
    _show(axes, points.numpy().T, cmap="RdBu_r", vmin=mean - 2 * spread, vmax=mean + 2 * spread, aspect="auto")
    axes.vlines(np.arange(1, len(points)) - 0.5, *axes.get_ylim(), color="white", linewidth=3)


def _scatter_matrix(groups: Mapping[str, _Array]) -> Figure:
    """Histograms on the diagonal, scatter plots below it."""
    size = min(FEATURES, next(iter(groups.values())).shape[1])
    everything = np.concatenate(list(groups.values()))
    low, high = np.quantile(everything[:, :size], [0.005, 0.995], axis=0)
    margin = 0.1 * (high - low) + 1e-6
    limits = [(start, end) for start, end in zip(low - margin, high + margin, strict=True)]
    colours = {name: REAL if name == "real" else SYNTHETIC for name in groups}
    figure = Figure(figsize=(1.5 * size + 1, 1.5 * size + 0.6), layout="constrained")
    for row in range(size):
        for column in range(row + 1):
            axes = figure.add_subplot(size, size, row * size + column + 1)
            for name, points in groups.items():
                _draw_pair(axes, points, row, column, limits, colours[name])
            axes.set(xlim=limits[column], xticks=[], yticks=[])
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_xlabel(f"feature {column}" if row == size - 1 else "", color=INK)
            axes.set_ylabel(f"feature {row}" if column == 0 and row > 0 else "", color=INK)
    handles = [Line2D([], [], color=colours[name], marker="o", linestyle="") for name in groups]
    figure.legend(handles, list(groups), loc="upper right", frameon=False)
    return figure


def _draw_pair(
    axes: Axes, points: _Array, row: int, column: int, limits: Sequence[tuple[float, float]], colour: str
) -> None:
    if row == column:
        bins = list(np.linspace(*limits[column], int(np.clip(np.sqrt(len(points)), 8, 40))))
        axes.hist(points[:, column], bins=bins, density=True, histtype="stepfilled", color=colour, alpha=0.25)
        axes.hist(points[:, column], bins=bins, density=True, histtype="step", color=colour)
        return
    axes.scatter(points[:, column], points[:, row], s=5, color=colour, alpha=0.5, linewidths=0)
    axes.set_ylim(*limits[row])
