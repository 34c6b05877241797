"""The verb `run`: plan, then one cell or a study."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hydra import main as hydra_decorator
from omegaconf import DictConfig

from synthmix.config.cell import CellConfig
from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.composing.defaults import register_defaults
from synthmix.config.composing.environment import guard_environment
from synthmix.config.composing.grammar import parse
from synthmix.config.nodes import field_faults
from synthmix.config.plain import plain
from synthmix.errors import InvalidInput
from synthmix.processor import bf16_is_slow
from synthmix.study.arguments import Arguments, read_arguments
from synthmix.study.plan import Plan, make_plan

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

HELP = """usage: synthmix run [GROUP=MEMBER ...] [KEY=VALUE ...] [-m] [--dry-run] [--all] [--config-dir DIR]

Runs one cell, or with -m a study: one cell for each combination of values that a comma, range() or choice() separates.
Hydra's switches --cfg job, --resolve, --package, --info and -sc work here.

Groups and their members
"""


def run(words: Sequence[str]) -> int:
    """Runs a cell or a study; returns the exit code.

    Raises:
        InvalidInput: before anything is started.
    """
    asked = read_arguments(words)
    if asked.asks_hydra:
        _check_hydra(asked.overrides)
        if asked.asks_help:
            _print_help(asked)
        return hydra_main(asked.for_hydra)
    if asked.shows_config:
        _check_keys(asked.overrides)
        return hydra_main(asked.for_hydra)
    plan = make_plan(asked.overrides, multirun=asked.multirun)
    # The pools of OpenMP and BLAS take their size when numpy and torch are imported, which is not yet.
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(plan.configs[0].threads)
    from synthmix.study.launching.job import resources_of

    for note in plan.notes:
        print(note, file=sys.stderr)
    _check_devices(plan)
    _warn_of_slow_bf16(plan)
    resources = resources_of(plan.configs[0])
    if asked.dry_run:
        from synthmix.verbs.dry_run import print_dry_run

        print_dry_run(plan, resources)
        return 0
    if not plan.is_study:
        return _run_cell(plan, asked)
    from synthmix.verbs.study import run_study

    return run_study(plan, asked.for_hydra, resources)


def hydra_main(arguments: Sequence[str], task: Callable[[DictConfig], Any] | None = None) -> int:
    """Calls Hydra as if `arguments` were its whole command line."""

    def nothing(config: DictConfig) -> None: ...

    register_defaults()
    guard_environment()
    application = hydra_decorator(version_base="1.3", config_path=str(conf_dir()), config_name="run")(task or nothing)
    command_line = sys.argv
    sys.argv = ["synthmix", *arguments]  # completion is registered for the first word
    try:
        application()
    finally:
        sys.argv = command_line
    return 0


def _print_help(asked: Arguments) -> None:
    """What Hydra's own help leaves out; the keys follow from Hydra."""
    from synthmix.config.composing.described import described_groups

    print(HELP)
    folders = [conf_dir(), *([asked.config_dir] if asked.config_dir else [])]
    print("\n".join(described_groups(folders)))


def _check_hydra(overrides: Sequence[str]) -> None:
    """Checks what Hydra would build to answer by itself: before --help it sets up the logging of a config."""
    texts = zip(overrides, parse(overrides), strict=True)
    with composer() as compose:
        compose([text for text, override in texts if not override.is_sweep_override()])


def _check_keys(overrides: Sequence[str]) -> None:
    """Checks keys, types and ranges of a config that is only shown, for which no file need be there yet."""
    with composer() as compose:
        node = plain(compose(overrides))
    faults = [fault for key in node for fault in field_faults(CellConfig, key, node[key], "")]
    if faults:
        raise InvalidInput(*faults)


def _run_cell(plan: Plan, asked: Arguments) -> int:
    from synthmix.report.publishing import print_cell
    from synthmix.study.launching.job import Outcome, resources_of, run_job

    outcomes: list[Outcome] = []
    resources = resources_of(plan.configs[0])
    resources.splits(plan.configs[0])  # a missing or damaged file is found here
    resources.tracker.check()
    hydra_main(asked.for_hydra, lambda config: outcomes.append(run_job(config)))
    outcome = outcomes[0]
    if outcome.status == "invalid":
        raise InvalidInput(*str(outcome.error).splitlines())
    print_cell(outcome, plan.configs[0].task, resources.tracker, everything=asked.everything)
    return 0 if outcome.status in ("finished", "unavailable") else 1


def _check_devices(plan: Plan) -> None:
    """Refuses a GPU where there is none, which is not known before torch is imported."""
    import torch

    if any(config.trainer.accelerator == "gpu" for config in plan.configs) and not torch.cuda.is_available():
        raise InvalidInput("trainer.accelerator=gpu: torch finds no GPU here; allowed: cpu, auto")


def _warn_of_slow_bf16(plan: Plan) -> None:
    """One line where a training on this processor asks for bf16 without gaining by it."""
    import torch

    trainers = [config.trainer for config in plan.configs if config.trainer.precision == "bf16-mixed"]
    gpu = torch.cuda.is_available()
    if any(trainer.accelerator == "cpu" or not gpu for trainer in trainers) and bf16_is_slow():
        print(
            "trainer.precision=bf16-mixed: without AVX512-BF16 or AMX, as here, a training on the processor takes "
            "several times as long as with trainer.precision=32-true",
            file=sys.stderr,
        )
