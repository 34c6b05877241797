"""Training through synthmix against hand-written loops: CPU time a step, one thread, medians of paired repetitions.

Run: python experiments/speed/training.py [--data DIR] [--repetitions 5] [--only "digits gan"]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from loops import CODINGS, GAMES, Loop, readers_vae, tuned_autoencoder, tuned_flow, tuned_gan, tuned_mixture
from pytorch_lightning.loggers import Logger

from synthmix import load_dataset, make_generator
from synthmix.data.base import Dataset
from synthmix.generators.gan.config import MlpNetworksConfig
from synthmix.generators.gan.networks import MlpNetworks
from synthmix.generators.options import TrainerOptions

STEPS = {
    "dcgan": 20,
    "flow_matching": 50,
    "conv_autoencoder": 200,
    "conv_vae": 200,
    "wgan_gp": 200,
    "gmm_sgd": 2000,
}  # on MNIST


class MemoryLogger(Logger):
    """Keeps losses: what is measured is the training, not MLflow's database."""

    name, version = "memory", "0"

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[tuple[int | None, dict[str, float]]] = []

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.losses.append((step, dict(metrics)))

    def log_hyperparams(self, *args: object, **kwargs: object) -> None: ...


def ours(name: str, precision: str = "32-true", **options: object) -> Loop:
    """The generator of conf/model/<name>.yaml, trained by its own `fit`."""

    def train(dataset: Dataset, steps: int) -> None:
        generator = make_generator(name, steps=steps, **options)
        generator.finish = lambda x: None  # the ex-post mixture is no part of the training loop
        generator.fit(dataset, seed=0, logger=MemoryLogger(), options=TrainerOptions(precision=precision))

    return train


@dataclass(frozen=True)
class Row:
    """What is compared, on which data, and the bound of the ratio."""

    label: str
    data: str
    steps: int
    mine: Loop
    reference: Loop
    bound: str


def rows() -> Iterator[Row]:
    """All comparisons."""
    bare = {"penalty": "none", "ema_decay": None}
    large = {"batch_size": 256}
    gan, vae = replace(GAMES["gan"], batch_size=256), replace(CODINGS["vae"], batch_size=256)
    without = replace(gan, penalty="none", ema=None)
    yield Row(
        "MNIST gan without penalty, batch 256", "mnist", 500, ours("gan", **large, **bare), tuned_gan(without), "≤ 1.05"
    )
    yield Row("MNIST vae, batch 256", "mnist", 500, ours("vae", **large), tuned_autoencoder(vae), "≤ 1.05")
    yield Row(
        "MNIST autoencoder, batch 256",
        "mnist",
        500,
        ours("autoencoder"),
        tuned_autoencoder(CODINGS["autoencoder"]),
        "≤ 1.05",
    )
    small = {"networks": {"hidden": [128, 128]}}
    narrow = replace(GAMES["gan"], networks=MlpNetworks(MlpNetworksConfig(hidden=[128, 128])))
    narrow_bare = replace(narrow, penalty="none", ema=None)
    yield Row(
        "digits gan without penalty, 128-128",
        "digits",
        3000,
        ours("gan", **small, **bare),
        tuned_gan(narrow_bare),
        "≤ 1.10",
    )
    yield Row("digits gan, 128-128", "digits", 3000, ours("gan", **small), tuned_gan(narrow), "≤ 1.10")
    reference = {name: tuned_gan(game) for name, game in GAMES.items()}
    reference |= {name: tuned_autoencoder(coding) for name, coding in CODINGS.items()}
    reference |= {"flow_matching": tuned_flow(), "gmm_sgd": tuned_mixture()}
    for name, loop in reference.items():
        data = "mnist_1000" if name == "gmm_sgd" else "mnist"  # not to measure the components, which both take first
        yield Row(f"MNIST {name} as it is", data, STEPS.get(name, 500), ours(name), loop, "≤ 1.10")
    yield Row("MNIST vae, reader's loop", "mnist", 500, ours("vae", **large), readers_vae(vae), "≤ 0.77 (1.3 × faster)")
    bf16 = ours("vae", precision="bf16-mixed", **large)
    yield Row("MNIST vae in bf16, itself in fp32", "mnist", 500, bf16, ours("vae", **large), "≤ 0.59 (1.7 × faster)")


def compare(row: Row, dataset: Dataset, repetitions: int) -> None:
    """Runs both in turn and prints one row: medians of CPU time a step and the median of the paired ratios."""
    for loop in (row.mine, row.reference):
        loop(dataset, max(1, row.steps // 5))
    pairs = [[cpu_seconds(loop, dataset, row.steps) for loop in (row.mine, row.reference)] for _ in range(repetitions)]
    first, second = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"| {row.label} | {first:.3g} | {second:.3g} | {ratio:.2f} | {row.bound} |", flush=True)


def cpu_seconds(loop: Loop, dataset: Dataset, steps: int) -> float:
    """CPU seconds a step."""
    start = time.process_time()
    loop(dataset, steps)
    return (time.process_time() - start) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None, help="folder of the data sets")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    given = parser.parse_args()
    torch.set_num_threads(1)
    chosen = [row for row in rows() if given.only in row.label]
    data = {"digits": load_dataset("digits")}
    if any(row.data != "digits" for row in chosen):
        images = load_dataset("mnist", root=given.data)
        data |= {"mnist": images.take(slice(0, 20000)), "mnist_1000": images.take(slice(0, 1000))}
    print("| training | ours, ms a step | reference | ratio ours / reference | bound |")
    print("|---|---:|---:|---:|---|")
    for row in chosen:
        compare(row, data[row.data], given.repetitions)


if __name__ == "__main__":
    main()
