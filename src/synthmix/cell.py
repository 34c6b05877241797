"""One cell, top to bottom: fit a generator, sample, gate, mix, represent, and do the task on held-out real points.

dataset ─ split ─► train ─► generator.fit ─► synthetic pool ─► gate ─► mixture ─► representation ─► task.fit (learner)
                     │  │                    │                                                 ▲ │
                     │  └──► tuning of the learner, on real points alone ──────────────────────┘ │
                   val ──► quality ◄─────────┘                                             task.outputs
                  test ────────────────────────────► scores on real, held-out points ◄──────────┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from synthmix.config.cell import CellConfig
from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import with_settings
from synthmix.data.base import Splits
from synthmix.gates.base import Candidates, accepted_points
from synthmix.mixing import Mixture, labels_of, mix
from synthmix.pipeline.stages import Stages
from synthmix.representations.base import Representation
from synthmix.seeds import pool_seed
from synthmix.tasks.base import Outputs, Task
from synthmix.tasks.held_out import outputs_for


@dataclass(frozen=True)
class ComputedCell:
    """The result of a cell.

    Attributes:
        outputs: of the task for val and test, of documents for train too, which are stored; scores are derived of them.
        numbers: further metrics of its computation, by MLflow name.
        splits, mixture, representation, task: for pictures.
    """

    outputs: Mapping[str, Outputs]
    numbers: dict[str, float]
    splits: Splits
    mixture: Mixture
    representation: Representation
    task: Task


def run_cell(config: CellConfig, stages: Stages) -> ComputedCell:
    """Computes one cell.

    Nothing that learns is given labels, but for the learner of a task that is supervised, which may also have the
    generator fitted once for each class. `stages.quality` has them for classifier features, and for scores that the
    config calls supervised.

    Args:
        config: of the cell, or the `Inputs` that its stage declares, which hold nothing else.
        stages: the costly steps, computed once and stored.

    Raises:
        Unavailable: the oracle has fewer spare real points (`Splits.pool`) than this ratio asks for, or a class has
            too few points for a generator of its own.
        GateStarved: the gate rejects nearly everything.
        TrainingDiverged: a loss of the generator is not finite.
    """
    splits = stages.splits()
    synthetic, numbers = (
        splits.train.x[:0],
        {"data/duplicates_across_split": float(splits.duplicates_across), **splits.numbers},
    )
    n_synthetic = stages.n_synthetic  # ⌊ratio · train⌋
    places, of_pool = torch.empty(0, dtype=torch.int64), None
    if n_synthetic:
        fitted = stages.generator(splits)
        candidates = Candidates(fitted.synthetic_pool, pool_seed(config.seed), fitted.load)
        gate = instantiate(config.gate).fit(splits.for_generators().unlabelled(), candidates)
        synthetic, places, numbers["gate/acceptance_rate"] = accepted_points(candidates, gate, n_synthetic)
        of_pool = None if fitted.labels is None else fitted.labels(int(places.max()) + 1)
        stages.quality(splits, fitted)
    mixture = mix(splits.train, synthetic, config.mix.synthetic_weight if n_synthetic else 1.0)

    with stages.timed("representation"):
        representation = stages.representation(splits, mixture)
        points = representation.transform(mixture.dataset.x)
    settings = stages.tuning(splits)  # none where the learner is as configured
    estimator = instantiate(with_settings(config.learner, settings))
    stages.pretraining(estimator, points, mixture.sample_weight)  # nothing where the learner begins with no net
    with stages.timed(config.task.learner):
        task: Task = instantiate(config.task, estimator=estimator, spec=splits.train.spec)
        known = {"labels": labels_of(splits.train, places, of_pool)} if config.task.supervised else {}
        task.fit(points, mixture.sample_weight, config.seed, **known)

    outputs = {name: outputs_for(task, representation, part.x) for name, part in splits.answered.items()}
    return ComputedCell(outputs, numbers, splits, mixture, representation, task)
