"""The segments of seed 0, and how large each is over eight seeds: `python experiments/customer_segments/segments.py`.

Clusters of k-means on real customers alone, as the cells at ratio 0 have them. A cluster of another seed is that one of
seed 0 which its means are nearest to, one to one (Hungarian matching, in standard deviations of seed 0's customers).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from synthmix.config.instantiate import instantiate
from synthmix.data.columns import cells_of, in_units
from synthmix.data.split import split
from synthmix.metric import HeldOut
from synthmix.plots.space import Space
from synthmix.study.plan import make_plan
from synthmix.tasks.clustering.outputs import ASSIGNMENTS
from synthmix.tasks.clustering.pictures import tables
from synthmix.tasks.clustering.plots.segments import segments_picture
from synthmix.tasks.clustering.segments import clusters_of

FOLDER = Path(__file__).parent


def main() -> None:
    torch.set_num_threads(1)
    plan = make_plan(["experiment=customer_segments", "tracking=none"], multirun=False)
    configs = {config.seed: config for config in plan.configs if config.mix.ratio == 0}
    dataset = instantiate(configs[0].data)
    expected = (
        pd.read_csv(FOLDER / "expected.csv").query("`mix.ratio` == 0").groupby("seed")["cluster/held_out_loss"].first()
    )
    reference, shares = None, []
    for seed, config in sorted(configs.items()):
        splits = split(dataset, seed=seed, n_train=config.data.n_train, n_val=None, n_test=None, n_reserve=0)
        task = instantiate(config.task, estimator=instantiate(config.learner), spec=splits.train.spec)
        task.fit(splits.train.x.numpy(), None, seed)
        outputs = task.outputs(splits.test.x.numpy())
        if not np.isclose(outputs["held_out_loss"].mean(), expected[seed], rtol=1e-4):
            raise RuntimeError(f"seed {seed}: these are not the clusters of expected.csv")
        assignments, values = outputs[ASSIGNMENTS], in_units(splits.test.x, splits.scaling)
        means = np.stack([values[assignments == cluster].mean(axis=0) for cluster in clusters_of(assignments)])
        if reference is None:
            reference, scale = means, values.std(axis=0)
            columns = cells_of(splits.test.x, splits.test.spec, splits.scaling)
            space = Space("identity", splits.test.x, splits.test.x[:0], columns)
            for name, table in tables(HeldOut(outputs, splits.test.x, None, seed), space=space):
                table.to_csv(FOLDER / f"{name}.csv", index=False)
            segments_picture(columns, assignments).savefig(FOLDER / "segments.png", dpi=110)
        _, matched = linear_sum_assignment(cdist(reference / scale, means / scale))
        shares.append([float((assignments == clusters_of(assignments)[at]).mean()) for at in matched])
    found = pd.DataFrame(shares).agg(["mean", "std", "min", "max", "sem"]).T
    half = found.pop("sem") * stats.t.isf(0.025, len(shares) - 1)
    sys.stdout.write(found.assign(low=found["mean"] - half, high=found["mean"] + half).round(3).to_string() + "\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
