"""Representations × clusterers on real points alone: the commands of the table, one study a data set and clusterer.

    python experiments/clustering/study.py --data DIR [--sets digits,usps] [--only dec] [--seeds 5] [--jobs 2]

It prints held-out ACC, NMI and ARI, mean and standard deviation over the seeds. What is stored is not computed again,
so that it can be stopped and run anew. The settings are the same for all sets but for the nets of digits, and none was
chosen by a label.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SETS = ("digits", "usps", "mnist", "fashion_mnist")
SMALL = ("digits",)  # of 64 values: narrower nets, a tenth of the steps
PLAIN, GRAPHS = ("kmeans", "gmm"), ("agglomerative", "spectral", "hdbscan")
DEEP = ("dec", "idec", "vade", "n2d")
SCORES = ("cluster/acc", "cluster/nmi", "cluster/ari")
PAPERS = "networks.hidden=[500,500,2000] latent_dim=10 likelihood=gaussian"
DIGITS = "networks.hidden=[128,128,512] latent_dim=10 likelihood=gaussian"


def combinations(dataset: str, given: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    """Each row of the table with its overrides."""
    small = dataset in SMALL
    share = 10 if small else 1
    steps, before = given.steps // share, (given.pretraining_steps or given.steps) // share
    hidden = "[128,128,512]" if small else "[500,500,2000]"
    nets = [f"representation.generator.{text}" for text in (DIGITS if small else PAPERS).split()]
    trained = [*nets, f"representation.generator.steps={steps}"]
    spaces = [("pixels", []), ("PCA", ["representation=pca"]), ("UMAP", ["representation=umap"])]
    for net in ("autoencoder", "denoising_autoencoder"):
        spaces.append((net.replace("_", " "), [f"representation={net}", *trained]))
    for name, representation in spaces:
        for clusterer in (*PLAIN, *(GRAPHS if name in ("pixels", "UMAP") else ())):
            if small or (name, clusterer) != ("pixels", "gmm"):  # whose covariances have 784 rows for MNIST
                yield f"{name} + {clusterer}", [*representation, f"clusterer={clusterer}"]
    begun = [f"clusterer.pretraining.hidden={hidden}", f"clusterer.pretraining.steps={before}"]
    for clusterer in DEEP:
        after = [] if clusterer == "n2d" else [f"clusterer.steps={steps}"]
        yield clusterer, [f"clusterer={clusterer}", *begun, *after]


def row(name: str, overrides: list[str], dataset: str, folder: Path, given: argparse.Namespace) -> None:
    """Runs one study and prints its line."""
    trained = [text.partition("=")[2] for text in overrides if ".steps=" in text]
    study = " ".join([dataset, name, *trained]).replace(" + ", " ").replace(" ", "_")
    shared = [f"data={dataset}", "data.n_train=null", "mix.ratio=0", "study.learning_curve=[]", "tuning=none"]
    where = [f"seed=range({given.seeds})", f"tracking.study={study}"]
    if given.jobs > 1:
        where += ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={given.jobs}"]
    root = [f"data.root={given.data}"] if dataset != "digits" else []
    command = [sys.executable, "-m", "synthmix", "run", "-m", *shared, *where, *root, *overrides]
    subprocess.run([*command, *(["--dry-run"] if given.dry_run else [])], cwd=folder, check=True)
    if given.dry_run:
        return
    report = [sys.executable, "-m", "synthmix", "report", study, "--out", study]
    subprocess.run(report, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with (folder / study / "cells.csv").open() as file:
        cells = list(csv.DictReader(file))
    values = ([float(cell[score]) for cell in cells] for score in SCORES)
    spread = " | ".join(f"{statistics.mean(v):.3f} ± {deviation(v):.3f}" for v in values)
    print(f"| {dataset} | {name} | {len(cells)} | {spread} |", flush=True)


def deviation(values: list[float]) -> float:
    """That of a sample; not a number for a single seed."""
    return statistics.stdev(values) if len(values) > 1 else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data", help="folder of the data sets")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10000, help="of each training; a tenth for digits")
    parser.add_argument("--pretraining-steps", type=int, help="of deep clusterers, before; as --steps by default")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at once")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the store and the studies go")
    parser.add_argument("--dry-run", action="store_true")
    given = parser.parse_args()
    given.data = str(Path(given.data).resolve())
    given.folder.mkdir(parents=True, exist_ok=True)
    print("| data | representation and clusterer | seeds | ACC | NMI | ARI |\n|---|---|---:|---:|---:|---:|")
    for dataset in given.sets.split(","):
        for name, overrides in (found for found in combinations(dataset, given) if given.only in found[0]):
            row(name, overrides, dataset, given.folder, given)


if __name__ == "__main__":
    main()
