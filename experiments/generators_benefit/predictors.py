"""What each generator's samples are worth, and which measure of quality foretells it, from a report, as Markdown.

python experiments/generators_benefit/predictors.py multirun/STUDY/report [--ratio 4]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

BETTER = {  # 1 where more of it is taken for better, -1 where less is
    "fd_pca": -1,
    "fd_pixels": -1,
    "kid": -1,
    "mmd": -1,
    "c2st": -1,
    "precision": 1,
    "recall": 1,
    "density": 1,
    "coverage": 1,
    "vendi": 1,
    "modes_reached": 1,
    "authenticity": 1,
    "dcr_ratio": 1,
}
REPETITIONS = 2000
FEWEST = 5  # generators, for a correlation over them


def number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "−∞" if value < 0 else "∞"


def interval(low: float, high: float) -> str:
    return f"[{number(low)}, {number(high)}]"


def worth(rows: pd.DataFrame) -> pd.DataFrame:
    """Difference to ratio 0 and exchange rate of each arm, as text, for one clusterer."""
    rows = rows.set_index("arm").fillna({"exchange_status": ""})
    change = [f"{row.difference:+.3f} ± {row.difference_sd:.3f}" for row in rows.itertuples()]
    rate = [
        f"{number(row.exchange)} {interval(row.exchange_low, row.exchange_high)}"
        if row.exchange_status == "identified"
        else str(row.exchange_status or "")
        for row in rows.itertuples()
    ]
    return pd.DataFrame({"difference": change, "worth": rate}, index=rows.index)


def correlation(quality: pd.DataFrame, benefit: pd.Series[float], rng: np.random.Generator) -> dict[str, str]:
    """Spearman's rank correlation of each measure with the benefit, over arms, its interval by resampling arms."""
    found = {}
    for name, sign in BETTER.items():
        if f"quality/{name}" not in quality:
            continue
        pairs = np.column_stack([sign * quality[f"quality/{name}"].reindex(benefit.index), benefit])
        drawn = (pairs[rng.integers(len(pairs), size=len(pairs))] for _ in range(REPETITIONS))
        rhos = [spearmanr(sample).statistic for sample in drawn if len(np.unique(sample[:, 0])) > 1]
        low, high = np.nanpercentile(rhos, [2.5, 97.5])
        found[name] = f"{spearmanr(pairs).statistic:+.2f} {interval(low, high)}"
    return found


def markdown(table: pd.DataFrame, head: str) -> str:
    lines = [[head, *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    lines += [[f"`{name}`", *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Prints the table of generators and that of measures, for one ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--ratio", type=float, default=4)
    given = parser.parse_args()
    summary, cells = pd.read_csv(given.report / "summary.csv"), pd.read_csv(given.report / "cells.csv")
    summary, cells = (rows[rows["mix.ratio"] == given.ratio] for rows in (summary, cells))
    summary = summary[summary["role"] != "curve"]
    measures = [f"quality/{name}" for name in BETTER if f"quality/{name}" in cells]
    quality = cells.groupby("model.name")[measures].mean()
    parts, correlations = [], {}
    rng = np.random.default_rng(0)
    for clusterer, rows in summary.groupby("clusterer.name"):
        parts.append(worth(rows).add_prefix(f"{clusterer}: "))
        of_generators = rows[rows["role"] == "generator"].set_index("arm")["difference"]
        if len(of_generators) < FEWEST:
            parser.error(f"{given.report}: {len(of_generators)} generators; must be ≥ {FEWEST}")
        correlations[clusterer] = correlation(quality, of_generators, rng)
    table = pd.concat(parts, axis=1)
    table.insert(0, "fd_pca", quality["quality/fd_pca"].map("{:.2f}".format))
    alarms = summary.groupby("arm")["alarms"].first().fillna("")
    table.insert(len(table.columns), "alarms", alarms)
    order = quality["quality/fd_pca"].sort_values().index
    print(f"{markdown(table.loc[[arm for arm in order if arm in table.index]], 'arm')}\n")
    print(markdown(pd.DataFrame(correlations), "measure"))


if __name__ == "__main__":
    main()
