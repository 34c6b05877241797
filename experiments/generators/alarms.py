"""Which alarms ring over generators that are broken on purpose, and over sound ones.

python experiments/generators/alarms.py --data DATA   # DATA holds mnist/; ten minutes, one thread
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synthmix import load_dataset, make_generator
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.data.base import Splits
from synthmix.data.split import split
from synthmix.quality.alarms import ALARMS, alarms
from synthmix.quality.scores import quality_scores
from synthmix.seeds import generator_for, pool_seed

N = 2000
SEEDS = range(3)
SIZES = {
    "digits": {"n_train": 200, "n_val": 300, "n_test": 0},
    "mnist": {"n_train": 1000, "n_val": 10000, "n_test": None},
}
SOUND = ("gaussian", "vae", "denoising_autoencoder", "conv_vae")
COPYING = ("duplicate", "bootstrap", "jitter")


def drawn(x: Tensor, rng: torch.Generator, noise: float) -> Tensor:
    """N of the points with replacement, with noise, in [0, 1]."""
    picked = x[torch.randint(len(x), (N,), generator=rng)]
    return (picked + noise * torch.randn(picked.shape, generator=rng)).clamp(0, 1)


def of_class(splits: Splits, label: int) -> Tensor:
    """Which points of the pool belong to a class."""
    assert splits.pool.y is not None
    return splits.pool.y == label


BROKEN: dict[str, Callable[[Splits, torch.Generator], Tensor]] = {
    "one class of ten": lambda splits, rng: drawn(splits.pool.x[of_class(splits, 3)], rng, 0.1),
    "twenty points": lambda splits, rng: drawn(splits.pool.x[:20], rng, 0.02),
    "one class missing": lambda splits, rng: splits.pool.x[~of_class(splits, 3)][:N],
    "copies with noise of .01": lambda splits, rng: drawn(splits.train.x, rng, 0.01),
    "uniform noise": lambda splits, rng: torch.rand(N, *splits.train.spec.shape, generator=rng),
}


def samples(splits: Splits, seed: int) -> Iterator[tuple[str, str, Tensor]]:
    """Kind, name and sample of each generator."""
    for name, make in BROKEN.items():
        yield "broken", name, make(splits, generator_for(seed, name))
    for name in COPYING:
        yield "control", name, make_generator(name).fit(splits.train, seed=seed).sample(N, pool_seed(seed))
    yield "sound", "new real points", splits.pool.x[:N]
    for name in SOUND:
        model = make_generator(name).fit(splits.unlabelled().train, seed=seed)
        yield "sound", name, model.sample(N, pool_seed(seed))


def main() -> None:
    """Prints, for each data set, in how many seeds each alarm rings over each generator."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds mnist/")
    folder = parser.parse_args().data
    limits = AlarmsConfig()
    judged = [alarm for alarm in ALARMS if alarm != "discriminator_wins"]
    for data, sizes in SIZES.items():
        dataset = load_dataset(data, **({} if data == "digits" else {"root": str(folder)}))
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for seed in SEEDS:
            splits = split(dataset, seed=seed, n_reserve=0, **sizes)  # type: ignore[arg-type]
            for kind, name, sample in samples(splits, seed):
                rung: dict[str, Any] = alarms(quality_scores(sample, splits, [], n_samples=N), {}, limits)
                count = counts.setdefault((kind, name), dict.fromkeys(judged, 0))
                for alarm in judged:
                    count[alarm] += bool(rung[alarm])
        print(f"\n{data}, n = {sizes['n_train']}, {N:,} samples\n\n| | generator | {' | '.join(judged)} |")
        print("|---|---|" + "---:|" * len(judged))
        for (kind, name), count in counts.items():
            print(f"| {kind} | {name} | {' | '.join(f'{count[alarm]} of {len(SEEDS)}' for alarm in judged)} |")


if __name__ == "__main__":
    main()
