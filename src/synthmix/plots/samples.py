"""Pictures of points themselves: grids of images, distributions of tables, and the nearest real neighbours."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from synthmix.data.spec import DataSpec
from synthmix.plots.palette import INK

IMAGE_SIZE = 0.55  # inches
FEATURES = 4  # of a table, in a scatter matrix
NEIGHBOUR_QUERIES = 200  # real points whose distance to the nearest other one says what is near


def sample_grid(x: Tensor, spec: DataSpec, *, real: Tensor | None = None, columns: int = 8) -> Figure:
    """What points look like: images in a grid, tables as histograms and scatter plots of their first features.

    Args:
        x: synthetic points, (N, *spec.shape). Values outside the range of the data are clipped to it.
        spec: of the data.
        real: real points to compare with, (M, *spec.shape); images beside, tables in the same axes.
        columns: images in a row.
    """
    groups = {"synthetic": x} if real is None else {"real": real[: len(x)], "synthetic": x}
    if spec.kind == "table":
        return _scatter_matrix(groups)
    rows = -(-len(x) // columns)
    figure = Figure(figsize=(IMAGE_SIZE * columns * len(groups), IMAGE_SIZE * rows + 0.3), layout="constrained")
    for position, (name, points) in enumerate(groups.items(), start=1):
        axes = figure.add_subplot(1, len(groups), position)
        _show(axes, _tiled(images(points, spec), columns))
        axes.set_title(name, fontsize="medium")
    return figure


def real_synthetic_nearest(real: Tensor, synthetic: Tensor, spec: DataSpec) -> Figure:
    """Synthetic points, each above the real point nearest to it and the distance between the two.

    A distance of 0 is a copy. The title tells how far real points are from one another: synthetic points that are
    much nearer than that repeat what the generator was fitted on.

    Args:
        real: what the generator was fitted on, (N, *spec.shape), at least 2 points.
        synthetic: (M, *spec.shape); each is a column.
        spec: of the data. Points of a table are shown as strips of their features, dark for low values.
    """
    distances, index = nearest(synthetic, real)
    rows = {"real": real[: len(synthetic)], "synthetic": synthetic, "nearest real": real[index]}
    figure = Figure(figsize=(IMAGE_SIZE * len(synthetic) + 1.3, 3 * IMAGE_SIZE + 1.0), layout="constrained")
    typical = float(np.median(_neighbour_distances(real)))
    figure.suptitle(f"Distance to the nearest real point (between real points: {typical:.2g})", fontsize="medium")
    scale = _scale(real, spec)
    grid = figure.subplots(3, len(synthetic), squeeze=False)
    for line, (name, points) in zip(grid, rows.items(), strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", color=INK)
        for axes, point in zip(line, points, strict=False):
            _show(axes, _picture(point, spec, scale))
    for axes, distance in zip(grid[2], distances.tolist(), strict=True):
        axes.set_xlabel(f"{distance:.2g}" if distance > 0 else "copy", fontsize="small", color=INK)
    return figure
