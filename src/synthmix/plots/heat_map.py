"""Where synthetic points help: their effect over ratio and number of real points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from synthmix.notation import general, signed
from synthmix.plots.arms import is_significant, styles
from synthmix.plots.palette import DIVERGING, INK
from synthmix.plots.panels import FONT_SIZE, Picture, grid, name_axes

COLUMNS = 4
CELL = 0.32  # inches
DARK = 0.6  # share of the scale from which letters are white


def heat_map(rows: pd.DataFrame, score: str, title: str, name: str) -> Picture:
    """Paired difference at each ratio (across) and number of real points (up), a panel for each arm but the oracle.

    Args:
        rows: of `Analysis.summary`, of one learner, with several `data.n_train`.
        score: name of the primary score.
        title: of what they have in common.
        name: of the file.
    """
    rows = rows[(rows["mix.ratio"] > 0) & (rows["role"] != "oracle") & rows["difference"].notna()]
    looks = styles(rows)
    most = rows["difference"].abs().max() or 1.0
    figure, all_axes = grid(
        [look.name for look in looks.values()],
        most_columns=COLUMNS,
        height=CELL * rows["data.n_train"].nunique() + 0.75,
    )
    for axes, arm in zip(all_axes, looks, strict=True):
        image = _draw(axes, rows[rows["arm"] == arm], rows, most)
    name_axes(all_axes, "ratio", "real points")
    bar = figure.colorbar(image, ax=all_axes, shrink=0.9, aspect=18, pad=0.02)
    bar.set_label(f"difference in {score}", color=INK, fontsize=FONT_SIZE)
    bar.ax.tick_params(labelsize=FONT_SIZE, labelcolor=INK)
    bar.outline.set_visible(False)
    return Picture(
        name=name,
        title=f"Where it helps: {title}",
        figure=figure,
        alt=_alt(rows, score, title),
        caption=f"Paired difference in {score} to ratio 0, by ratio and number of real points; a star marks "
        "differences that are significant after adjustment for all tests of the study. One colour scale for all arms, "
        "white at no effect.",
    )


def _draw(axes: Axes, of_arm: pd.DataFrame, rows: pd.DataFrame, most: float) -> AxesImage:
    ratios, sizes = sorted(rows["mix.ratio"].unique()), sorted(rows["data.n_train"].unique())
    table = of_arm.pivot_table(index="data.n_train", columns="mix.ratio", values="difference")
    values = table.reindex(index=sizes, columns=ratios).to_numpy(dtype=float)
    image = axes.imshow(values, cmap=f"{DIVERGING}_r", vmin=-most, vmax=most, aspect="auto", origin="lower")
    for row in of_arm.to_dict("records"):
        axes.text(
            ratios.index(row["mix.ratio"]),
            sizes.index(row["data.n_train"]),
            signed(row["difference"], 2) + ("*" if is_significant(row) else ""),
            ha="center",
            va="center",
            fontsize=FONT_SIZE - 1,
            color="white" if abs(row["difference"]) > DARK * most else "0.15",
        )
    axes.set_xticks(np.arange(len(ratios)), [general(ratio) for ratio in ratios])
    axes.set_yticks(np.arange(len(sizes)), [general(size) for size in sizes])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return image


def _alt(rows: pd.DataFrame, score: str, title: str) -> str:
    generators = rows[rows["role"] == "generator"] if (rows["role"] == "generator").any() else rows
    ends = [
        f"{signed(row['difference'])} ({row['arm']} at ratio {general(row['mix.ratio'])} with "
        f"{general(row['data.n_train'])} real points)"
        for index in (generators["difference"].idxmin(), generators["difference"].idxmax())
        for row in generators.loc[[index]].to_dict("records")
    ]
    return f"Differences in {score} by ratio and number of real points, {title}: from {' to '.join(ends)}."
