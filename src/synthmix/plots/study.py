"""Pictures of a study: how a score depends on the ratio of synthetic to real points."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.plots.palette import INK, SEQUENCE

MARKERS = "osD^vPX*<>"


def ratio_curves(table: pd.DataFrame, score: str) -> Figure:
    """Mean of a score over seeds against the ratio, a line for each arm, a panel for each clusterer.

    Bands are one standard deviation of the seeds to either side. The dashed line is ratio 0, real points alone. Cells
    without a score (unavailable, failed) are left out.

    Args:
        table: a row for each cell, with the columns `model.name`, `clusterer.name`, `mix.ratio`, `seed` and `score`,
            and `representation.name` where representations differ.
        score: name of the column to draw, `cluster/ari` for instance.
    """
    table = table.dropna(subset=[score])
    panels = _panels(table)
    arms = sorted(table.loc[table["mix.ratio"] > 0, "model.name"].unique())
    ratios = sorted(table.loc[table["mix.ratio"] > 0, "mix.ratio"].unique())
    figure = Figure(figsize=(3.8 * len(panels) + 1.6, 3.6), layout="constrained")
    grid = figure.subplots(1, len(panels), squeeze=False, sharex=True)[0]
    for axes, (title, cells) in zip(grid, panels.items(), strict=True):
        _draw_baseline(axes, cells.loc[cells["mix.ratio"] == 0].drop_duplicates("seed")[score])
        for arm, colour, marker in zip(arms, cycle(SEQUENCE), cycle(MARKERS), strict=False):
            _draw_arm(axes, cells[(cells["model.name"] == arm) & (cells["mix.ratio"] > 0)], score, colour, marker, arm)
        axes.set_title(title, fontsize="medium", color=INK)
        _style(axes, ratios)
    grid[0].set_ylabel(score.rpartition("/")[2], color=INK)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center", frameon=False)
    return figure


def _panels(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    keys = ["clusterer.name", "representation.name"]
    keys = [key for key in keys if key in table and (key == keys[0] or table[key].nunique() > 1)]
    return {" on ".join(map(str, names)): cells for names, cells in table.groupby(keys)}


def _draw_baseline(axes: Axes, scores: pd.Series[Any]) -> None:
    if len(scores):
        axes.axhline(scores.mean(), color=INK, linestyle="--", linewidth=1.2, label="real only", zorder=1)
        axes.axhspan(*_band(scores.mean(), scores.std(ddof=1)), color="0.5", alpha=0.12, linewidth=0)


def _draw_arm(axes: Axes, cells: pd.DataFrame, score: str, colour: str, marker: str, name: str) -> None:
    spread = cells.groupby("mix.ratio")[score].agg(["mean", "std"])
    ratios, means = spread.index.to_numpy(), spread["mean"].to_numpy()
    axes.plot(ratios, means, color=colour, marker=marker, markersize=5, linewidth=1.6, label=name)
    axes.fill_between(ratios, *_band(means, spread["std"].to_numpy()), color=colour, alpha=0.15, linewidth=0)


def _band(mean: Any, spread: Any) -> tuple[Any, Any]:
    """One seed has no spread, and a band of no width."""
    return mean - np.nan_to_num(spread), mean + np.nan_to_num(spread)


def _style(axes: Axes, ratios: list[float]) -> None:
    # Ratios are multiples of one another, so that a logarithmic axis keeps them apart; 0 is the dashed line.
    if ratios:
        axes.set_xscale("log")
        axes.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])
        axes.set_xticks([], minor=True)
    axes.set_xlabel("synthetic points for each real one", color=INK)
    axes.tick_params(labelcolor=INK, color="0.7")
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("0.7")
