"""What each generator's samples bring, and which measure of quality foretells it, from a table of cells, as Markdown.

python experiments/generators_benefit/predictors.py experiments/generators_benefit/expected.csv [--ratio 4]
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
    "authenticity": 1,
    "dcr_ratio": 1,
}
CONTROLS = ("duplicate", "bootstrap", "jitter", "smote", "real")
SCORE = "cluster/ari"
REPETITIONS = 2000
FEWEST = 5  # generators, for a correlation over them


def differences(cells: pd.DataFrame, ratio: float) -> pd.DataFrame:
    """The paired difference of the score to ratio 0: a row for each arm and seed, a column for each clusterer."""
    scores = cells.pivot_table(SCORE, ["model.name", "seed", "mix.ratio"], "clusterer.name").unstack("mix.ratio")
    return pd.DataFrame({name: scores[name, ratio] - scores[name, 0] for name in scores.columns.levels[0]})


def alarms(cells: pd.DataFrame) -> pd.Series[str]:
    """The alarms that ring over each arm, with the number of its seeds: `memorisation 8/8`."""
    rung = cells.groupby(["model.name", "seed"]).first().filter(like="quality/alarm_") > 0
    counts, seeds = rung.groupby("model.name").sum(), rung.groupby("model.name").size()
    return pd.Series(
        {
            arm: ", ".join(f"{name.removeprefix('quality/alarm_')} {n}/{seeds[arm]}" for name, n in row.items() if n)
            for arm, row in counts.iterrows()
        }
    )


def correlation(quality: pd.DataFrame, benefit: pd.Series[float], rng: np.random.Generator) -> dict[str, str]:
    """Spearman's rank correlation of each measure with the benefit, over arms, its interval by resampling arms."""
    found = {}
    for name, sign in BETTER.items():
        pairs = np.column_stack([sign * quality[f"quality/{name}"].reindex(benefit.index), benefit])
        drawn = (pairs[rng.integers(len(pairs), size=len(pairs))] for _ in range(REPETITIONS))
        low, high = np.nanpercentile([spearmanr(sample).statistic for sample in drawn], [2.5, 97.5])
        found[name] = f"{spearmanr(pairs).statistic:+.2f} [{low:+.2f}, {high:+.2f}]"
    return found


def markdown(table: pd.DataFrame, head: str) -> str:
    lines = [[head, *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    lines += [[f"`{name}`", *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Prints the table of generators and that of measures, for one ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", type=Path, help="cells.csv of a report, or the expected.csv beside this file")
    parser.add_argument("--ratio", type=float, default=4)
    given = parser.parse_args()
    cells = pd.read_csv(given.cells)
    change, cells = differences(cells, given.ratio).groupby("model.name"), cells[cells["mix.ratio"] == given.ratio]
    quality = cells.groupby("model.name")[[f"quality/{name}" for name in BETTER]].mean()
    mean, spread = change.mean(), change.std()
    benefit = mean.drop(index=[arm for arm in CONTROLS if arm in mean.index])
    if len(benefit) < FEWEST:
        parser.error(f"{given.cells}: {len(benefit)} generators; must be ≥ {FEWEST}")
    table = pd.DataFrame({"fd_pca": quality["quality/fd_pca"].map("{:.2f}".format)})
    for name in mean:
        table[name] = [f"{mean[name][arm]:+.3f} ± {spread[name][arm]:.3f}" for arm in table.index]
    table["alarms"] = alarms(cells).reindex(table.index)
    print(f"{markdown(table.loc[quality['quality/fd_pca'].sort_values().index], 'arm')}\n")
    rng = np.random.default_rng(0)
    print(markdown(pd.DataFrame({name: correlation(quality, benefit[name], rng) for name in benefit}), "measure"))


if __name__ == "__main__":
    main()
