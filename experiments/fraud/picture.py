"""Differences to real points alone, mean over the four sets, of every arm: a table and a picture from expected.csv."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from synthmix.plots.palette import INK, SEQUENCE

FOLDER = Path(__file__).parent
SCORE = "anomaly/roc_auc"
KEYS = ["detector.name", "data.n_train", "data.set", "seed"]
ARMS = ("gaussian", "duplicate", "jitter", "smote", "real")
MARGIN = 0.02


def over_sets(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean difference to real points alone over sets with its t interval over seeds, a row an arm and setting."""
    alone = cells[cells["mix.ratio"] == 0].drop_duplicates(KEYS).set_index(KEYS)[SCORE]
    mixed = cells[cells["mix.ratio"] == 1].set_index([*KEYS, "model.name"])[SCORE].unstack()
    by_seed = mixed.sub(alone, axis=0).groupby(["detector.name", "data.n_train", "seed"]).mean()
    of_setting = by_seed.groupby(["detector.name", "data.n_train"])
    mean, error, seeds = of_setting.mean(), of_setting.sem(), of_setting.count()
    half = error * stats.t.isf(0.025, seeds - 1)
    ends = {"difference": mean, "low": mean - half, "high": mean + half}
    return pd.concat({name: table.stack() for name, table in ends.items()}, axis=1)


def picture(table: pd.DataFrame) -> Figure:
    """A panel for each detector: arms side by side at each number of clean points, the margin in grey."""
    detectors = table.index.get_level_values("detector.name").unique()
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    for panel, axes in zip(detectors, figure.subplots(1, len(detectors), sharey=True), strict=True):
        rows = table.loc[panel]
        sizes = rows.index.get_level_values("data.n_train").unique().tolist()
        axes.axhspan(-MARGIN, MARGIN, color="0.93")
        axes.axhline(0, color="0.6", linewidth=0.8)
        for place, (arm, colour) in enumerate(zip(ARMS, SEQUENCE, strict=False)):
            of_arm = rows.xs(arm, level="model.name").loc[sizes]
            x = [at + 0.15 * (place - 2) for at in range(len(sizes))]
            away = [of_arm["difference"] - of_arm["low"], of_arm["high"] - of_arm["difference"]]
            axes.errorbar(x, of_arm["difference"], yerr=away, fmt="o", markersize=5, color=colour, label=arm)
        axes.set_xticks(range(len(sizes)), [f"n = {size}" for size in sizes], color=INK)
        axes.set_title(panel, fontsize="medium", color=INK)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("difference in ROC AUC, mean of four sets", color=INK)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


if __name__ == "__main__":
    found = over_sets(pd.read_csv(FOLDER / "expected.csv"))
    sys.stdout.write(found.round(3).to_string() + "\n")
    picture(found).savefig(FOLDER / "differences.png", dpi=130)
