"""ROC AUC of each detector on five sets of ADBench, real points alone, trained on clean and on contaminated points.

    python experiments/adbench/study.py --data DIR [--detectors knn,ecod] [--seeds 5] > table.csv

DIR holds adbench/. Splits, scaling, detectors and score are those of cells of `task=anomaly_detection` at ratio 0. A
row for each cell goes to stdout, the tables to stderr.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.data.base import Dataset
from synthmix.data.split import split
from synthmix.metric import HeldOut, scores_of

SETS = ("cardio", "mnist", "satellite", "shuttle", "thyroid")
SHARES = dict(zip(SETS, (0.096, 0.092, 0.316, 0.072, 0.025), strict=True))  # of anomalies, as each set has them
# Points of train: what each of the seeds has left, to a hundred below; of shuttle, of which there are 27,000, fewer.
CLEAN = dict(zip(SETS, (900, 4100, 2600, 5000, 2200), strict=True))
CONTAMINATED = dict(zip(SETS, (1000, 4200, 3800, 5000, 1800), strict=True))
DETECTORS = (
    *("isolation_forest", "local_outlier_factor", "knn", "one_class_svm"),
    *("mahalanobis", "likelihood", "reconstruction_error", "ecod"),
)
KEYS = ("training", "set", "detector", "seed", "roc_auc")
Row = dict[str, Any]


def cells(data: str, detectors: Sequence[str], seeds: int, most: int) -> Iterator[Row]:
    """A row for each cell."""
    trainings = (("clean", CLEAN, None), ("contaminated", CONTAMINATED, SHARES))
    loaded: dict[str, Dataset] = {}
    with composer() as compose:
        for name in SETS:
            for training, sizes, shares in trainings:
                n_train, share = min(most, sizes[name]), shares[name] if shares else "null"
                for detector in detectors:
                    words = ["data=adbench", f"data.root={data}", f"data.set={name}", f"data.n_train={n_train}"]
                    words += ["task=anomaly_detection", f"task.contamination={share}", f"detector={detector}"]
                    config = check(compose([*words, "mix.ratio=0"]))
                    if name not in loaded:
                        loaded[name] = instantiate(config.data)
                    for seed in range(seeds):
                        score = roc_auc(config, loaded[name], seed)
                        yield dict(zip(KEYS, (training, name, detector, seed, score), strict=True))


def roc_auc(config: Any, dataset: Dataset, seed: int) -> float:
    """Of one cell on its test points; labels make up train and score, as the protocol says."""
    sizes = {key: getattr(config.data, key) for key in ("n_train", "n_val", "n_test", "n_reserve")}
    splits = split(dataset, seed=seed, **sizes, anomalies=config.anomaly_protocol)
    task = instantiate(config.task, estimator=instantiate(config.detector), spec=splits.train.spec)
    task.fit(splits.train.x.flatten(1).numpy(), None, seed)
    outputs = task.outputs(splits.test.x.flatten(1).numpy())
    return scores_of(config.task.metrics, HeldOut(outputs, splits.test.x, splits.test.y, seed))["roc_auc"]


def table(rows: Sequence[Row], training: str) -> Iterator[str]:
    """Each detector's mean on each set, and over the sets with the deviation over seeds; the best detector first."""
    yield f"| {training} training | {' | '.join(SETS)} | mean |"
    yield f"|---|{'---:|' * len(SETS)}---:|"
    lines = []
    for detector in dict.fromkeys(row["detector"] for row in rows):
        own = [row for row in rows if (row["training"], row["detector"]) == (training, detector)]
        of_sets = [[row["roc_auc"] for row in own if row["set"] == name] for name in SETS]
        of_seeds = [statistics.mean(scores) for scores in zip(*of_sets, strict=True)]
        each = " | ".join(f"{statistics.mean(scores):.3f}" for scores in of_sets)
        mean = statistics.mean(of_seeds)
        lines.append((-mean, f"| `{detector}` | {each} | {mean:.3f} ± {statistics.stdev(of_seeds):.3f} |"))
    yield from (line for _, line in sorted(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of the data sets")
    parser.add_argument("--detectors", default=",".join(DETECTORS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most", type=int, default=5000, help="points of train, at most")
    given = parser.parse_args()
    writer = csv.DictWriter(sys.stdout, KEYS, lineterminator="\n")
    writer.writeheader()
    rows = []
    for row in cells(given.data, given.detectors.split(","), given.seeds, given.most):
        writer.writerow(row)
        sys.stdout.flush()
        rows.append(row)
    for training in ("clean", "contaminated"):
        print(*table(rows, training), "", sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
