"""Pictures of a study: how a score depends on the ratio of synthetic to real points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.plots.palette import INK, colours

MARKERS = "osD^vPX*<>"
WIDTH = 0.6  # of the arms of one ratio, side by side, where ratios are 1 apart


def ratio_curves(table: pd.DataFrame, score: str) -> Figure:
    """Mean of a score over seeds at each ratio, a line for each arm, a panel for each clusterer.

    Bars, side by side, and the band of the baseline (ratio 0, real points alone) reach one standard deviation over
    seeds to either side. Cells without a score (unavailable, failed) are left out.

    Args:
        table: a row for each cell, with the columns `model.name`, `clusterer.name`, `mix.ratio`, `seed` and `score`,
            and `representation.name` where representations differ.
        score: name of the column to draw, `cluster/ari` for instance.
    """
    table = table.dropna(subset=[score])
    panels = _panels(table)
    mixed = table[table["mix.ratio"] > 0]
    arms, ratios = sorted(mixed["model.name"].unique()), sorted(mixed["mix.ratio"].unique())
    panel_width = max(3.0, 0.22 * len(arms) * len(ratios) + 1.0)
    figure = Figure(figsize=(panel_width * len(panels) + 1.6, 3.6), layout="constrained")
    legend: dict[str, Artist] = {}
    for axes, (title, cells) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        _draw_baseline(axes, cells.loc[cells["mix.ratio"] == 0].drop_duplicates("seed")[score])
        _draw_arms(axes, cells[cells["mix.ratio"] > 0], score, arms, ratios)
        _style(axes, title, ratios)
        handles, names = axes.get_legend_handles_labels()
        legend |= dict(zip(names, handles, strict=True))
    figure.axes[0].set_ylabel(score.rpartition("/")[2], color=INK)
    figure.legend(list(legend.values()), list(legend), loc="outside right center", frameon=False)
    return figure


def _panels(table: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    keys = ["clusterer.name"]
    if "representation.name" in table and table["representation.name"].nunique() > 1:
        keys.append("representation.name")
    return {" on ".join(map(str, names)): cells for names, cells in table.groupby(keys)}


def _draw_baseline(axes: Axes, scores: pd.Series[float]) -> None:
    if len(scores) == 0:
        return
    mean, spread = scores.mean(), np.nan_to_num(scores.std())
    axes.axhline(mean, color=INK, linestyle="--", linewidth=1.2, label="real only", zorder=1)
    axes.axhspan(mean - spread, mean + spread, color="0.5", alpha=0.13, linewidth=0)


def _draw_arms(axes: Axes, cells: pd.DataFrame, score: str, arms: list[str], ratios: list[float]) -> None:
    offsets = WIDTH * ((np.arange(len(arms)) + 0.5) / max(1, len(arms)) - 0.5)
    for number, (arm, offset, colour) in enumerate(zip(arms, offsets, colours(len(arms)), strict=True)):
        spread = cells[cells["model.name"] == arm].groupby("mix.ratio")[score].agg(["mean", "std"])
        if len(spread) == 0:
            continue
        places = [ratios.index(ratio) + offset for ratio in spread.index]
        # One seed has no spread, hence a bar of no length.
        bars = np.nan_to_num(spread["std"].to_numpy())
        line = axes.errorbar(places, spread["mean"].to_numpy(), yerr=bars, color=colour, label=arm, linewidth=1)
        line.lines[0].set(marker=MARKERS[number % len(MARKERS)], markersize=5.5)


def _style(axes: Axes, title: str, ratios: list[float]) -> None:
    axes.set_title(title, fontsize="medium", color=INK)
    axes.set_xlabel("synthetic points for each real one", color=INK)
    axes.set_xticks(range(len(ratios)), [f"{ratio:g}" for ratio in ratios])
    axes.set_xlim(-0.5, max(1, len(ratios)) - 0.5)
    axes.tick_params(labelcolor=INK, color="0.7")
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("0.7")
