"""How sharp the samples of a study's generators are: the variance of their Laplacian beside that of real images.

python experiments/articles/sharpness.py multirun/STUDY/report --data DATA --out sharpness.csv

The larger, the more edges an image has; noise has many, so that noisy copies of real images stand beside.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from synthmix import load_dataset, load_generator
from synthmix.data.split import split

N = 500
NOISE = 0.1  # standard deviation, of values between 0 and 1
KERNEL = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])[None, None]


def sharpness(x: Tensor) -> float:
    """Mean over grey images (N, 1, H, W) of the variance of each one's Laplacian, borders left out."""
    return float(conv2d(x.float(), KERNEL).flatten(1).var(dim=1).mean())


def main() -> None:
    """A row for each generator and seed, and for real images and noisy copies of these."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--data", default=None, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path("sharpness.csv"))
    given = parser.parse_args()
    runs = pd.read_csv(given.report / "runs.csv").dropna(subset="stage/generator")
    trained = runs[runs["mix.ratio"] > 0].drop_duplicates(["model.name", "seed"])
    data = load_dataset(trained["data.name"].iloc[0], root=given.data) if given.data else load_dataset("digits")
    rows: list[dict[str, object]] = []
    for seed in sorted(trained["seed"].unique()):
        n_train = int(trained["data.n_train"].iloc[0])
        held_out = split(data, seed=int(seed), n_train=n_train, n_val=None, n_test=None, n_reserve=0).test.x[:N]
        noise = NOISE * torch.randn(held_out.shape, generator=torch.Generator().manual_seed(int(seed)))
        rows.append({"points": "real, held out", "seed": seed, "sharpness": sharpness(held_out)})
        rows.append({"points": "real, noisy", "seed": seed, "sharpness": sharpness((held_out + noise).clamp(0, 1))})
    for row in trained.sort_values(["model.name", "seed"]).to_dict("records"):
        sample = load_generator(row["run_id"]).sample(N, seed=int(row["seed"]))
        rows.append({"points": row["model.name"], "seed": row["seed"], "sharpness": sharpness(sample)})
    found = pd.DataFrame(rows)
    found.to_csv(given.out, index=False, float_format="%.5f")
    means = found.groupby("points", sort=False)["sharpness"].agg(["mean", "std"])
    real = means.loc["real, held out", "mean"]
    sys.stdout.write(means.assign(of_real=means["mean"] / real).round(4).to_string() + "\n")


if __name__ == "__main__":
    main()
