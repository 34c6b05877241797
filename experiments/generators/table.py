"""The table of generators from the report of `experiment=generators`, as Markdown.

python experiments/generators/table.py multirun/STUDY/report
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

COLUMNS = {
    "fd_classifier": "fd_classifier",
    "fd_pca": "fd_pca",
    "kid": "kid",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
    "authenticity": "authenticity",
    "c2st": "c2st",
}
ALARM = "quality/alarm_"


def spread(values: pd.Series[float]) -> str:
    """Mean and, of more than one value, ± standard deviation."""
    return f"{values.mean():.3g} ± {values.std():.2g}" if len(values) > 1 else f"{values.mean():.3g}"


def row(name: str, cells: pd.DataFrame, seconds: pd.Series[float]) -> list[str]:
    """What the table says of a generator."""
    rung = [column for column in cells if str(column).startswith(ALARM) and (cells[column] > 0).any()]
    alarms = ", ".join(f"{str(column).removeprefix(ALARM)} {int(cells[column].sum())}/{len(cells)}" for column in rung)
    scores = [spread(cells[f"quality/{score}"]) for score in COLUMNS]
    return [f"`{name}`", str(len(cells)), *scores, f"{seconds.mean():.0f}", alarms]


def main() -> None:
    """Prints a line for each generator, the nearest to real points first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    folder = parser.parse_args().report
    cells, runs = pd.read_csv(folder / "cells.csv"), pd.read_csv(folder / "runs.csv")
    mixed = cells[(cells["mix.ratio"] > 0) & (cells["status"] == "finished")]
    order = mixed.groupby("model.name")["quality/fd_classifier"].mean().sort_values()
    seconds = runs[runs["mix.ratio"] > 0].groupby("model.name")["time/generator_s"]
    lines = [row(name, mixed[mixed["model.name"] == name], seconds.get_group(name)) for name in map(str, order.index)]
    floors = [f"{mixed[f'quality/{score}_floor'].mean():.3g}" for score in COLUMNS]
    for line in [
        ["", "seeds", *COLUMNS.values(), "training, s", "alarms"],
        ["---", *["---:"] * (len(COLUMNS) + 2), "---"],
    ]:
        print(f"| {' | '.join(line)} |")
    for line in [["real points, the floor", "", *floors, "", ""], *lines]:
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
