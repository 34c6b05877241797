"""What `vae_incomplete` guesses of hidden pen strokes, and how near its samples come, beside the mixture's.

Run: python experiments/missing_values/vae.py [--strokes 300] [--seeds 8] [--root FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import pandas as pd
import torch

from synthmix import load_dataset, make_generator
from synthmix.data.hiding import hidden
from synthmix.data.split import split
from synthmix.generators.autoencoder.incomplete import IncompleteVae
from synthmix.quality.choice import distance_to
from synthmix.spec import Hiding


def measured(strokes: int, seeds: int, **where: str) -> Iterator[dict[str, Any]]:
    """Of each seed the root mean square error in standard deviations, and the distance of samples to val."""
    pendigits = load_dataset("pendigits", **where)
    for seed in range(seeds):
        complete = split(pendigits, seed=seed, n_train=strokes, n_val=None, n_test=None, n_reserve=0).unlabelled()
        splits = hidden(complete, Hiding(0.2, "completely_at_random"), "mixture", seed, keeps_gaps=True)
        assert splits.gaps is not None
        for name in ("gmm_incomplete", "vae_incomplete"):
            generator = make_generator(name)
            generator.fit(generator.material(splits), seed=seed)
            rows = splits.incomplete.x
            filled = generator.filled(rows) if isinstance(generator, IncompleteVae) else splits.train.x
            error = (filled - complete.train.x)[splits.gaps]
            points = generator.sample(2000, seed)
            distances = {score: distance_to(score, splits.val)(points) for score in ("kid", "fd_pca")}
            yield {"model": name, "seed": seed, "error": float(error.square().mean().sqrt()), **distances}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--root")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = pd.DataFrame(measured(given.strokes, given.seeds, **({"root": given.root} if given.root else {})))
    print(rows.to_string(index=False))
    print(rows.drop(columns="seed").groupby("model").agg(["mean", "std"]).round(3))
