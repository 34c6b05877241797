"""A sheet of samples of every trained generator of a study, beside real points: what the scores cannot show.

python experiments/generators/samples.py multirun/STUDY/report --data DATA --out samples.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from synthmix import load_dataset, load_generator

SIDE, COLUMNS, PITCH = 6, 7, 1.35


def images(axes: Axes, x: Tensor) -> None:
    """Images with values in [0, 1], side by side."""
    channels, height, width = x.shape[1:]
    tiles = x.view(SIDE, SIDE, channels, height, width).permute(0, 3, 1, 4, 2)
    sheet = tiles.reshape(SIDE * height, SIDE * width, channels).numpy()
    axes.imshow(sheet.squeeze(), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")


def strokes(axes: Axes, x: Tensor) -> None:
    """The pen's way through the eight places of each digit of pendigits, which are x and y from 0 to 100."""
    for number, places in enumerate(x.view(-1, 8, 2).numpy()):
        row, column = divmod(number, SIDE)
        axes.plot(*(places / 100 + [PITCH * column, -PITCH * row]).T, color="black", linewidth=0.7)
    axes.set_aspect("equal")


def scatter(axes: Axes, x: Tensor) -> None:
    """The first two columns of a table."""
    axes.plot(*np.asarray(x[:, :2]).T, ".", color="black", markersize=2)


def main() -> None:
    """Draws the lowest seed of each model, the nearest to real points first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--data", default=None, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    given = parser.parse_args()
    cells, runs = (pd.read_csv(given.report / name) for name in ("cells.csv", "runs.csv"))
    keys = ["model.name", "seed", "mix.ratio"]
    study = cells[(cells["status"] == "finished") & (cells["mix.ratio"] > 0)].merge(runs, on=keys, suffixes=("", "_"))
    first = study.sort_values(["seed", "mix.ratio"]).drop_duplicates("model.name").sort_values("quality/fd_pca")
    data = load_dataset(first["data.name"].iloc[0], root=given.data)
    panels = {"real points\n": data.x[: SIDE * SIDE]}
    for row in first.dropna(subset="stage/generator").to_dict("records"):  # a control has nothing that is trained
        generator = load_generator(row["run_id"])
        points = generator.sample(SIDE * SIDE, seed=1)
        points = points if generator.scaling is None else generator.scaling.undone(points)
        panels[f"{row['model.name']}\n{row['quality/fd_pca']:.2g}"] = points
    draw = images if data.spec.kind == "image" else strokes if data.spec.name == "pendigits" else scatter
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(2 * COLUMNS, 2.4 * rows), layout="constrained")
    for axes in (grid := figure.subplots(rows, COLUMNS, squeeze=False).ravel()):
        axes.axis("off")
    for axes, (title, points) in zip(grid, panels.items(), strict=False):
        draw(axes, points)
        axes.set_title(title, fontsize="small")
    figure.suptitle(f"{data.spec.name}: generators by fd_pca, the number below their names")
    figure.savefig(given.out, dpi=110)
    print(given.out)


if __name__ == "__main__":
    main()
