"""The tuning of a learner: its settings, chosen on represented train points, and what each candidate puts out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import with_settings
from synthmix.data.base import Splits
from synthmix.pipeline.results import as_tensors
from synthmix.representations.base import Representation
from synthmix.stages.inputs import Inputs
from synthmix.tasks.base import Task
from synthmix.tasks.clustering.known import with_known
from synthmix.tasks.clustering.number.rules import choose_number
from synthmix.tasks.tuning import choose


def numbered(inputs: Inputs, splits: Splits, representation: Representation) -> dict[str, Any]:
    """Chooses a learner's number of clusters by its rule; no held-out point and no label has a part in it.

    Args:
        inputs: what the stage declares: the learner and the seed.
        splits: of which train is used.
        representation: fitted on train.

    Returns:
        `chosen`, `rule`, `value` and `table` of `synthmix.tasks.clustering.number.rules.NumberChoice`, and the wall
        `seconds` that it took.
    """
    start = time.perf_counter()
    points, learner = representation.transform(splits.train.x), inputs.learner

    def make(k: int) -> Any:
        return with_known(instantiate(with_settings(learner, {"n_clusters": k})), splits.train.spec)

    found = choose_number(make, learner.rule, learner.k_max, points, inputs.seed)
    return {**vars(found), "seconds": time.perf_counter() - start}


def tuned(inputs: Inputs, splits: Splits, representation: Representation, number: Mapping[str, Any]) -> dict[str, Any]:
    """Chooses the settings of a learner; no held-out point and no label has a part in it.

    Args:
        inputs: what the stage declares: the learner with its search, its task and the seed.
        splits: of which train is used.
        representation: fitted on train.
        number: the setting that a rule has chosen before, if any, which all candidates have.

    Returns:
        `chosen` and `criterion` of `synthmix.tasks.tuning.Tuning`; `table`, a row for each candidate; `candidates`, the
        settings of those that can be fitted; `value`, what the chosen one has of the criterion; and the wall `seconds`
        that it took.
    """
    start = time.perf_counter()
    points = representation.transform(splits.train.x)
    found = choose(_task_maker(inputs, splits, number), inputs.learner.search, points, inputs.seed)
    judged = [({k: v for k, v in row.items() if k not in (found.criterion, "fault")}, row) for row in found.table]
    return {
        "chosen": found.chosen,
        "criterion": found.criterion,
        "table": found.table,
        "candidates": [settings for settings, row in judged if row["fault"] is None],
        "value": next(row[found.criterion] for settings, row in judged if settings == found.chosen),
        "seconds": time.perf_counter() - start,
    }


def outputs_of_candidates(
    inputs: Inputs, splits: Splits, representation: Representation, candidates: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the learner puts out for held-out points with each candidate's settings, fitted on train.

    Args:
        inputs: what the stage declares.
        splits: the points.
        representation: fitted on train.
        candidates: the settings of each.

    Returns:
        `candidates`, for each its `settings` and its `outputs` by part.
    """
    make = _task_maker(inputs, splits)
    points = representation.transform(splits.train.x)
    held_out = {name: representation.transform(part.x) for name, part in splits.held_out.items()}
    found = []
    for settings in candidates:
        task = make(settings).fit(points, None, inputs.seed)
        outputs = {name: task.outputs(part) for name, part in held_out.items()}
        found.append({"settings": dict(settings), "outputs": as_tensors(outputs)})
    return {"candidates": found}


def _task_maker(
    inputs: Inputs, splits: Splits, number: Mapping[str, Any] | None = None
) -> Callable[[Mapping[str, Any]], Task]:
    """Makes the unfitted task of a cell with settings of its learner."""

    def make(settings: Mapping[str, Any]) -> Task:
        estimator = instantiate(with_settings(inputs.learner, {**(number or {}), **settings}))
        task: Task = instantiate(inputs.task, estimator=estimator, spec=splits.train.spec)
        return task

    return make
