"""How near generators come to a table of mixed columns, beside a fresh real sample of the same size.

Run: python experiments/mixed_columns/study.py [--rows 1000] [--seeds 3] [--models gaussian_copula,tvae] [--out FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from adult_like import COLUMNS, adult_like

from synthmix import load_dataset, make_generator
from synthmix.data.split import split
from synthmix.quality.columns import column_scores

HERE = Path(__file__).parent
SHOWN = ("ks", "tv", "association_difference", "violations")
DRAWS = 3  # samples of a generator, whose scores are averaged
FRESH = 4  # real samples that the floor is the mean of


def measured(n: int, seed: int, models: list[str]) -> Iterator[dict[str, Any]]:
    """A row for a fresh real sample, and one for each generator, fitted on n rows and compared with n others."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "adult_like.csv"
        adult_like((2 + FRESH) * n, seed).to_csv(path, index=False)
        table = load_dataset("table", path=path, columns=COLUMNS)
    splits = split(table, seed=seed, n_train=n, n_val=n, n_test=0, n_reserve=0)
    fresh = splits.pool.x.split(n)[:FRESH]
    for name in ("fresh real", *models):
        start = time.perf_counter()
        if name == "fresh real":
            samples = list(fresh)
        else:
            generator = make_generator(name)
            generator.fit(generator.material(splits.unlabelled()), seed=seed)
            samples = [generator.sample(n, draw) for draw in range(DRAWS)]
        found = [column_scores(sample, splits, fresh[0]) for sample in samples]
        means = {score: float(np.mean([scores[score] for scores in found])) for score in SHOWN}
        yield {"rows": n, "seed": seed, "model": name, **means, "seconds": time.perf_counter() - start}


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, and how many times the difference of a fresh real sample each has."""
    means = rows.drop(columns="seed").groupby(["rows", "model"], sort=False).mean().reset_index()
    floor = means[means["model"] == "fresh real"].set_index("rows")["association_difference"]
    means["times_fresh"] = means["association_difference"] / means["rows"].map(floor)
    return means


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", default="gaussian_copula,tvae,duplicate,smotenc,smote,gaussian")
    parser.add_argument("--out", type=Path, default=HERE / "expected.csv")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row for seed in range(given.seeds) for row in measured(given.rows, seed, given.models.split(","))]
    found = summary(pd.DataFrame(rows)).round(4)
    found.drop(columns="seconds").to_csv(given.out, index=False)
    print(found.to_string(index=False))
