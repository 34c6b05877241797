"""Twelve cells of twelve kinds, each run in one process and computed once more in another: is every score equal?

    python experiments/reruns/reruns.py

Prints a line for each cell; exit code 1 where one differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

KINDS = {
    "GAN, tuned mixture": "model=gan clusterer=gmm_on_pca tuning=held_out",
    "VAE, k-means": "model=vae",
    "convolutional GAN": "model=dcgan",
    "flow": "model=flow_matching",
    "gate of a discriminator": "model=sngan gate=discriminator gate.acceptance=0.4",
    "mixture by EM, number of clusters by a rule": "model=gmm clusterer.n_clusters=gap clusterer.k_max=12",
    "deep clustering": "model=duplicate clusterer=idec clusterer.steps=200 clusterer.pretraining.steps=200",
    "representation that is trained": "model=jitter representation=vae clusterer=som",
    "anomaly detection": (
        "model=gaussian task=anomaly_detection data.normal_class=3 data.n_train=40 detector=isolation_forest"
    ),
    "compression": "model=gaussian task=compression codec=autoencoder codec.steps=200",
    "classification, a generator for each class": (
        "model=gaussian model.folds=2 task=classification task.labels=per_class classifier=mlp"
    ),
    "real points alone": "mix.ratio=0 clusterer=hdbscan",
}
COMMON = ["data.n_train=100", "trainer.limit_steps=300", "tracking.pictures=false"]
PROGRAM = """
import sys
from synthmix.cli import main
sys.exit(max(main(line.split()) for line in sys.stdin.read().splitlines()))
"""


def main() -> int:
    """Runs the cells, and computes them once more; returns the exit code."""
    words = [text.split() for text in KINDS.values()]
    with tempfile.TemporaryDirectory() as folder:
        runs = [" ".join(["run", *COMMON, *own]) for own in words]
        _process("\n".join(runs), folder)
        told = _process("\n".join(f"rerun {run}" for run in _runs(Path(folder))), folder)
    results = [line for line in told.splitlines() if line.endswith("scores are equal bit for bit")]
    for name, result in zip(KINDS, results, strict=True):
        print(f"{name}: {result}")
    equal = [first == of for first, of in ((line.split()[0], line.split()[2]) for line in results)]
    print(f"{sum(equal)} of {len(equal)} cells are equal bit for bit")
    return int(not all(equal))


def _process(lines: str, folder: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=lines,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def _runs(folder: Path) -> list[str]:
    """The runs of the cells in the order in which they were begun."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiments = [found.experiment_id for found in client.search_experiments()]
    cells = "tags.`synthmix.kind` = 'cell'"
    return [run.info.run_id for run in client.search_runs(experiments, cells, order_by=["attributes.start_time"])]


if __name__ == "__main__":
    sys.exit(main())
