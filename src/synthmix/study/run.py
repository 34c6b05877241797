"""The verb `run`: plan, then Hydra with the cells' job, then a table."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from hydra import main as hydra_decorator
from omegaconf import DictConfig

from synthmix.composition import conf_dir
from synthmix.errors import InvalidInput
from synthmix.study.arguments import quoted, read_arguments
from synthmix.study.plan import Plan, make_plan
from synthmix.tracking_uri import resolve_uri

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run(words: Sequence[str]) -> int:
    """Runs a cell or a study; returns the exit code.

    Raises:
        InvalidInput: before anything is started.
    """
    asked = read_arguments(words)
    if asked.asks_hydra:
        return hydra_main(asked.for_hydra)
    plan = make_plan(asked.overrides, multirun=asked.multirun)
    if asked.shows_config:
        return hydra_main(asked.for_hydra)
    if asked.dry_run:
        return _print_plan(plan)
    # The pools of OpenMP and BLAS take their size when numpy and torch are imported, which is not yet.
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(plan.configs[0].threads)
    return _run_study(plan, asked.for_hydra) if plan.is_study else _run_cell(plan, asked.for_hydra)


def hydra_main(arguments: Sequence[str], task: Callable[[DictConfig], Any] | None = None) -> int:
    """Calls Hydra as if `arguments` were its whole command line."""

    def nothing(config: DictConfig) -> None: ...

    application = hydra_decorator(version_base="1.3", config_path=str(conf_dir()), config_name="run")(task or nothing)
    command_line = sys.argv
    sys.argv = ["synthmix", *arguments]  # completion is registered for the first word
    try:
        application()
    finally:
        sys.argv = command_line
    return 0


def _run_cell(plan: Plan, arguments: Sequence[str]) -> int:
    from synthmix.study.job import Outcome, process_stages, run_job
    from synthmix.study.table import print_cell

    outcomes: list[Outcome] = []
    _check_devices(plan)
    stages = process_stages(*_store_of(plan))
    stages.splits(plan.configs[0])  # a missing or damaged file is found here
    _ = stages.tracker.experiment_id  # and here a store that cannot be used
    hydra_main(arguments, lambda config: outcomes.append(run_job(config)))
    outcome = outcomes[0]
    if outcome.status == "invalid":
        raise InvalidInput(*str(outcome.error).splitlines())
    print_cell(outcome, stages.tracker)
    return 0 if outcome.status in ("finished", "unavailable") else 1


def _run_study(plan: Plan, arguments: Sequence[str]) -> int:
    from synthmix.study.job import process_stages, read_outcomes, run_job
    from synthmix.study.progress import progress_bar
    from synthmix.study.table import finish_study

    _check_devices(plan)
    stages = process_stages(*_store_of(plan))
    for config in plan.configs:
        stages.dataset(config)  # a missing or damaged file is found here, not in the middle
    name = f"{plan.experiment or 'study'}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    folder = plan.sweep_folder(name)
    params = {"cells": len(plan.configs), "experiment": plan.experiment, "command": " ".join(arguments)}
    with stages.tracker.run("study", name, params=params, tags={"synthmix.study": name}) as parent:
        own = {
            "tracking.uri": stages.tracker.uri,
            "tracking.study": name,
            "tracking.parent_run_id": parent.id,
            "hydra.sweep.dir": str(folder),
        }
        with progress_bar(folder, len(plan.configs)):
            hydra_main([*arguments, *(f"{key}={quoted(value)}" for key, value in own.items())], run_job)
        outcomes = read_outcomes(folder)
        finish_study(outcomes, folder, parent, stages.tracker)
        done = [outcome for outcome in outcomes if outcome.status in ("finished", "unavailable")]
        parent.failed = len(done) < len(plan.configs)
    return int(parent.failed)


def _check_devices(plan: Plan) -> None:
    """Refuses a GPU where there is none, which is not known before torch is imported."""
    import torch

    if any(config.trainer.accelerator == "gpu" for config in plan.configs) and not torch.cuda.is_available():
        raise InvalidInput("trainer.accelerator=gpu: torch finds no GPU here; allowed: cpu, auto")


def _store_of(plan: Plan) -> tuple[str, str]:
    tracking = plan.configs[0].tracking
    return resolve_uri(tracking.uri), tracking.experiment


def _print_plan(plan: Plan) -> int:
    print(f"{len(plan.configs)} cells would run; nothing was started")
    return 0
