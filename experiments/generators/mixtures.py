"""Gaussian mixtures: EM against stochastic gradient descent, and the number of components where it is known.

Run: python experiments/generators/mixtures.py [--data DIR] [--seeds 5]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from sklearn.mixture import GaussianMixture

from synthmix import load_dataset, make_generator
from synthmix.data.base import Splits
from synthmix.data.split import split
from synthmix.generators.mixture.density import Covariance, GaussianMixtureDensity, fit_by_em
from synthmix.generators.mixture.gaussian import GaussianMixtureGenerator
from synthmix.generators.mixture.gaussian_sgd import GaussianMixtureSgd
from synthmix.generators.mixture.subspace import Subspace, SubspaceMixture
from synthmix.generators.selection import CRITERIA, Selection
from synthmix.plots.selection import selection_curves
from synthmix.seeds import derive_seed

COMPONENTS, POINTS = 10, 1000
KNOWN, TOY_POINTS = 5, 500
FIGURE = Path(__file__).with_name("selection.png")
Fit = Callable[[Splits, int], SubspaceMixture]


def by_em(covariance: Covariance, n_init: int) -> Fit:
    """EM alone, without the folds of a selection, on the frame that SGD has too."""

    def fit(splits: Splits, seed: int) -> SubspaceMixture:
        train = splits.train
        frame = Subspace.fit(train.x, "auto", train.spec, regularization=1e-3)
        em = GaussianMixture(
            COMPONENTS,
            covariance_type=covariance,
            reg_covar=1e-3,
            random_state=derive_seed(seed, "em") % 2**32,
            n_init=n_init,
            max_iter=200,
        )
        mixture = fit_by_em(em, frame.project(train.x))
        return SubspaceMixture(frame, GaussianMixtureDensity.of_mixture(mixture))

    return fit


def by_sgd(covariance: Covariance) -> Fit:
    """`model=gmm_sgd`."""

    def fit(splits: Splits, seed: int) -> SubspaceMixture:
        generator = make_generator("gmm_sgd", covariance=covariance, n_components=COMPONENTS)
        assert isinstance(generator, GaussianMixtureSgd)
        return generator.fit(splits.train, seed=seed).mixture

    return fit


def compare(name: str, splits_of_seeds: Sequence[Splits]) -> None:
    """Prints a row for each way to fit and each type of covariance."""
    for covariance in ("diag", "full"):
        ways = {"EM, 1 start": by_em(covariance, 1), "EM, 5 starts": by_em(covariance, 5), "SGD": by_sgd(covariance)}
        for way, fit in ways.items():
            train, held_out, seconds = [], [], []
            for seed, splits in enumerate(splits_of_seeds):
                start = time.process_time()
                mixture = fit(splits, seed)
                seconds.append(time.process_time() - start)
                train.append(float(mixture.score_samples(splits.train.x).mean()))
                held_out.append(float(mixture.score_samples(splits.test.x).mean()))
            cells = [f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}" for values in (train, held_out)]
            print(
                f"| {name} | {covariance} | {way} | {' | '.join(cells)} | {statistics.mean(seconds):.2f} |", flush=True
            )


def known_number(seeds: int) -> None:
    """Prints what each criterion chooses where five components made the points; draws the curves of the first seed."""
    toy = load_dataset("toy", shape="gaussian_mixture", n_clusters=KNOWN, dimension=2, separation=5.0)
    selections: list[Selection] = []
    for seed in range(seeds):
        parts = split(toy, seed=seed, n_train=TOY_POINTS, n_val=1000, n_test=1000, n_reserve=0)
        generator = make_generator("gmm", n_components=[1, 2, 3, 4, 5, 6, 7, 8, 10]).fit(parts.train, seed=seed)
        assert isinstance(generator, GaussianMixtureGenerator)
        assert generator.selection is not None
        selections.append(generator.selection)
    for criterion in CRITERIA:
        best = [selection.best(criterion) for selection in selections]
        chosen = Counter(f"{candidate.n_components} {candidate.shape}" for candidate in best)
        shown = ", ".join(f"{name} ({count})" for name, count in chosen.most_common())
        print(f"| {criterion} | {sum(c.n_components == KNOWN for c in best)} of {seeds} | {shown} |", flush=True)
    selection_curves(Selection(selections[0].candidates, "bic")).savefig(FIGURE, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None, help="folder of the data sets")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| data | covariance | fitted by | log-likelihood of train | held out | CPU s |\n|---|---|---|---:|---:|---:|"
    )
    sets = {"digits": load_dataset("digits"), "pendigits": load_dataset("pendigits", root=given.data)}
    for name, dataset in sets.items():
        n_test = None if dataset.test is not None else 497
        sizes = {"n_train": POINTS, "n_val": 300, "n_test": n_test, "n_reserve": 0}
        compare(name, [split(dataset, seed=seed, **sizes) for seed in range(given.seeds)])
    print("\n| criterion | the number is found | chosen, of so many seeds |\n|---|---:|---|")
    known_number(given.seeds)


if __name__ == "__main__":
    main()
