"""Training steps of the deep clusterers and of `contrastive` against hand-written loops: CPU time, one thread.

Run: python experiments/speed/deep.py [--data DIR] [--repetitions 5] [--only idec]       (DIR holds mnist/)

What is measured is the training alone, without the first clustering of the codes that dec, idec and vade begin with.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from deep_loops import tuned_contrastive, tuned_embedding, tuned_pretraining, tuned_vade
from loops import Loop
from sklearn.mixture import GaussianMixture
from training import Row, compare

from synthmix import load_dataset
from synthmix.data.base import Dataset
from synthmix.representations.contrastive.config import ContrastiveConfig
from synthmix.representations.contrastive.model import ContrastiveRepresentation
from synthmix.tasks.clustering.deep.autoencoder import Autoencoder, AutoencoderNet
from synthmix.tasks.clustering.deep.embedded import EmbeddedNet
from synthmix.tasks.clustering.deep.training import Schedule, WeightedTraining
from synthmix.tasks.clustering.deep.vade import VadeNet

HIDDEN = {"digits": (128, 128, 512), "mnist": (500, 500, 2000)}
STEPS = {"digits": 600, "mnist": 40}
LATENT, CLUSTERS, INTERVAL = 10, 10, 140


def hidden_for(dataset: Dataset) -> tuple[int, ...]:
    """The nets of experiments/clustering."""
    return HIDDEN["digits" if dataset.x[0].numel() == 64 else "mnist"]


def pretraining(dataset: Dataset, steps: int) -> None:
    """As a cell does it, from the points on."""
    Autoencoder(hidden_for(dataset), latent_dim=LATENT, steps=steps, random_state=0).fit(dataset.x.flatten(1).numpy())


def refinement(dataset: Dataset, steps: int, *, net: str) -> None:
    """That of dec, idec or vade, from random nets and centres: how long a step takes does not depend on them."""
    points = dataset.x.flatten(1)
    autoencoder = AutoencoderNet(points.shape[1], hidden_for(dataset), LATENT)
    schedule = Schedule(
        steps=steps,
        batch_size=256,
        learning_rate=1e-3,
        accelerator="cpu",
        precision="32-true",
        check_every=INTERVAL if net != "vade" else 50,
    )
    module(net, autoencoder).train_on(points, torch.ones(len(points)), schedule, seed=0)


def module(net: str, autoencoder: AutoencoderNet) -> WeightedTraining:
    """What is trained."""
    centers = np.random.default_rng(0).normal(size=(CLUSTERS, LATENT))
    if net != "vade":
        decodes = net == "idec"
        gamma = 0.1 if decodes else 1.0
        return EmbeddedNet(autoencoder, torch.from_numpy(centers).float(), gamma=gamma, tol=0.0, decodes=decodes)
    mixture = GaussianMixture(CLUSTERS, covariance_type="diag")
    mixture.weights_, mixture.means_ = np.full(CLUSTERS, 1 / CLUSTERS), centers
    mixture.covariances_ = np.ones((CLUSTERS, LATENT))
    return VadeNet(autoencoder, mixture)


def contrastive(dataset: Dataset, steps: int) -> None:
    """As conf/representation has it."""
    ContrastiveRepresentation(ContrastiveConfig(steps=steps)).fit(dataset, seed=0)


def rows() -> Iterator[Row]:
    """All comparisons."""
    for data, hidden in HIDDEN.items():
        given = {"hidden": hidden, "latent_dim": LATENT}
        loops: dict[str, tuple[Loop, Loop]] = {
            "pretraining": (pretraining, tuned_pretraining(**given)),
            **{
                name: (
                    partial(refinement, net=name),
                    tuned_embedding(**given, n_clusters=CLUSTERS, interval=INTERVAL, decodes=name == "idec"),
                )
                for name in ("dec", "idec")
            },
            "vade": (partial(refinement, net="vade"), tuned_vade(**given, n_clusters=CLUSTERS)),
            "contrastive": (contrastive, tuned_contrastive()),
        }
        for name, (mine, reference) in loops.items():
            yield Row(f"{data} {name}", data, STEPS[data], mine, reference, "≤ 1.10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None, help="folder of the data sets; without it digits alone are measured")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    given = parser.parse_args()
    torch.set_num_threads(1)
    data = {"digits": load_dataset("digits")}
    if given.data is not None:
        data["mnist"] = load_dataset("mnist", root=given.data).take(slice(0, 10000))
    print("| training | ours, ms a step | reference | ratio ours / reference | bound |")
    print("|---|---:|---:|---:|---|")
    for row in rows():
        if given.only in row.label and row.data in data:
            compare(row, data[row.data], given.repetitions)


if __name__ == "__main__":
    main()
