"""Hands cells to Hydra's launcher: basic, joblib, submitit or ray, whichever the config names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf

from synthmix.config.composing.composer import composer
from synthmix.study.launching.launchers import jobs_at_once, surroundings


def launch(
    jobs: Sequence[Sequence[str]], fixed: Sequence[str], own: Sequence[str], task: Callable[[DictConfig], Any]
) -> None:
    """Runs `task` for each job, as Hydra would at the end of its sweeper.

    Hydra's own sweepers run the product of what is swept over, and a study needs what is missing of it.

    Args:
        jobs: the overrides of each job.
        fixed: the overrides that are not swept over, those of Hydra's own node among them.
        own: overrides that are added to every job.
        task: gets the config of a job.
    """
    with composer() as compose:
        config = compose([*fixed, *own], hydra=True)
        OmegaConf.set_struct(config, True)
        HydraConfig.instance().set_config(config)
        callbacks = Callbacks(config)
        context = HydraContext(config_loader=GlobalHydra.instance().config_loader(), callbacks=callbacks)
        launcher = Plugins.instance().instantiate_launcher(hydra_context=context, task_function=task, config=config)
        at_once = jobs_at_once(launcher, config) or len(jobs)
        callbacks.on_multirun_start(config=config, config_name="run")
        try:
            with surroundings(launcher, config):
                for first in range(0, len(jobs), at_once):
                    overrides = [[*job, *own] for job in jobs[first : first + at_once]]
                    for returned in launcher.launch(overrides, initial_job_idx=first):
                        _ = returned.return_value  # raises what a job has raised
        finally:
            callbacks.on_multirun_end(config=config, config_name="run")
