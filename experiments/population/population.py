"""How often intervals over seeds cover the truth of the population: `python experiments/population/population.py`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from simulate import ARMS, SCORES, TRAIN_SHARES, Array, Learner, differences, linear_differences

from synthmix.analysis.data_sets.population import overlap, population_interval
from synthmix.analysis.statistics import t_interval

SIZES = ((400, 100), (400, 240), (600, 360), (1800, 100))  # points of a set, and those of train
LEARNERS: tuple[Learner, ...] = ("k_means", "one_step", "linear")
SEEDS = (10, 20)
AT_ONCE = 20  # sets
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000, help="finite sets for each design; rounded to 20")
    parser.add_argument("--out", type=Path, default=HERE / "expected.csv")
    arguments = parser.parse_args()
    tables = []
    for learner in LEARNERS:
        for n_points, n_train in SIZES:
            begun = time.perf_counter()
            tables.append(_design(learner, n_points, n_train, arguments.sets))
            print(f"{learner} {n_points} {n_train}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(arguments.out, index=False, float_format="%.4f")
    print(_summary(table).to_string())


def _design(learner: Learner, n_points: int, n_train: int, sets: int) -> pd.DataFrame:
    rng = np.random.default_rng([n_points, n_train])
    scores: Sequence[str] = ("linear",) if learner == "linear" else SCORES
    arms: Sequence[str] = [f"train {share:.1f}" for share in TRAIN_SHARES] if learner == "linear" else ARMS
    draw = linear_differences if learner == "linear" else partial(differences, learner)
    drawn = [
        draw(sets=AT_ONCE, n_points=n_points, n_train=n_train, seeds=max(SEEDS), rng=rng)
        for _ in range(sets // AT_ONCE)
    ]
    test, val = (np.concatenate(part).astype(float) for part in zip(*drawn, strict=True))
    # The sets are drawn from the population, so that the mean over all of them is its truth, with an error
    # that is √sets times smaller than what an interval must allow for.
    truth = (test.mean(axis=(0, 1)) + val.mean(axis=(0, 1))) / 2
    rows = []
    for seeds in SEEDS:
        halves = _halves(test[:, :seeds], val[:, :seeds], n_points, n_train)
        miss = np.abs(test[:, :seeds].mean(axis=1) - truth)
        for (score, arm), _ in np.ndenumerate(truth):
            of_set = np.var(test[:, :, score, arm].mean(axis=1), ddof=1)
            within = np.var(test[:, :, score, arm], axis=1, ddof=1).mean()
            row = {"learner": learner, "points": n_points, "n": n_train, "seeds": seeds, "score": scores[score]}
            row |= {"arm": arms[arm], "truth": truth[score, arm]}
            row["set_variance"] = (of_set - within / max(SEEDS)) / within
            row |= {f"coverage_{name}": (miss <= half)[:, score, arm].mean() for name, half in halves.items()}
            row |= {
                f"width_{name}": (half / halves["t"])[:, score, arm].mean()
                for name, half in halves.items()
                if name != "t"
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _halves(test: Array, val: Array, n_points: int, n_train: int) -> dict[str, Array]:
    """Half widths, (sets, scores, arms): of Student's t, of Nadeau and Bengio (2003), and of ours."""
    sets, seeds, *columns = test.shape
    fifth = n_points // 5
    shared = overlap(n_points=n_points, n_train=n_train, n_val=fifth, n_test=fifth, official_test=False)
    t, ours = [], []
    for of_test, of_val in zip(test.reshape(sets, seeds, -1), val.reshape(sets, seeds, -1), strict=True):
        t.append([(high - low) / 2 for low, high in map(t_interval, of_test.T)])
        low, high = population_interval(of_test, of_val, shared)
        ours.append((high - low) / 2)
    plain, population = (np.array(half).reshape(sets, *columns) for half in (t, ours))
    return {"t": plain, "nadeau_bengio": plain * np.sqrt(1 + seeds * fifth / n_train), "population": population}


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Of each design the least coverage over arms and scores, and the mean of the widths."""
    how = {name: "min" if name.startswith("coverage") else "mean" for name in table if "_" in name}
    how["set_variance"] = "max"
    return table.groupby(["learner", "points", "n", "seeds"]).agg(how).round(3)


if __name__ == "__main__":
    main()
