"""The tuning of a learner: its settings, chosen on represented train points, and what each candidate puts out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from synthmix.config.instantiate import instantiate
from synthmix.data.base import Splits
from synthmix.pipeline.results import as_tensors
from synthmix.representations.base import Representation
from synthmix.stages.inputs import Inputs
from synthmix.tasks.base import Task
from synthmix.tasks.settings import with_settings
from synthmix.tasks.tuning import candidates, choose


def tuned(inputs: Inputs, splits: Splits, representation: Representation) -> dict[str, Any]:
    """Chooses the settings of a learner; no held-out point and no label has a part in it.

    Args:
        inputs: what the stage declares: the learner with its search, its task and the seed.
        splits: of which train is used.
        representation: fitted on train.

    Returns:
        `chosen`, `criterion` and `table` of `synthmix.tasks.tuning.Tuning`, the `loss` of what was chosen, and the wall
        `seconds` that it took.
    """
    start = time.perf_counter()
    points = representation.transform(splits.train.x)
    found = choose(_task_maker(inputs, splits), inputs.learner.search, points, inputs.seed)
    loss = next(row["loss"] for row in found.table if row["settings"] == found.chosen)
    return {**asdict(found), "loss": loss, "seconds": time.perf_counter() - start}


def outputs_of_candidates(inputs: Inputs, splits: Splits, representation: Representation) -> dict[str, Any]:
    """What the learner puts out for held-out points with each candidate's settings, fitted on train.

    Args:
        inputs: what the stage declares.
        splits: the points.
        representation: fitted on train.

    Returns:
        `candidates`, for each its `settings` and its `outputs` by part.
    """
    make = _task_maker(inputs, splits)
    points = representation.transform(splits.train.x)
    held_out = {name: representation.transform(part.x) for name, part in splits.held_out.items()}
    found = []
    for settings in candidates(inputs.learner.search):
        task = make(settings).fit(points, None, inputs.seed)
        outputs = {name: task.outputs(part) for name, part in held_out.items()}
        found.append({"settings": dict(settings), "outputs": as_tensors(outputs)})
    return {"candidates": found}


def _task_maker(inputs: Inputs, splits: Splits) -> Callable[[Mapping[str, Any]], Task]:
    """Makes the unfitted task of a cell with settings of its learner."""

    def make(settings: Mapping[str, Any]) -> Task:
        estimator = with_settings(instantiate(inputs.learner), settings)
        task: Task = instantiate(inputs.task, estimator=estimator, spec=splits.train.spec)
        return task

    return make
