"""The training of a generator, as a run of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback

from synthmix.config.cell import plain
from synthmix.data.base import Splits
from synthmix.generators.checkpoint import checkpoint_content
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.training.choice import KeepBest
from synthmix.generators.training.trainer import TrainerOptions
from synthmix.pipeline.pictures import SampleGrids, points_shown
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.training_record import training_head, training_record
from synthmix.plots.samples import sample_grid
from synthmix.plots.selection import selection_curves
from synthmix.quality.choice import distance_to
from synthmix.seeds import derive_seed, pool_seed
from synthmix.stages.key import key_of
from synthmix.tracking.base import OpenRun
from synthmix.tracking.environment import environment_tags, environment_text
from synthmix.tracking.loss_logger import LossLogger


@contextmanager
def train(
    generator: LearnedGenerator, config: DictConfig, resources: Resources, depends_on: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Trains `generator`; yields what is to be stored of it. Its run ends with the block.

    Raises:
        TrainingDiverged: a loss is not finite.
    """
    head = training_head(depends_on, config.tracking.study)
    with resources.tracker.open(head, config.tracking.parent_run_id) as run:
        start = time.perf_counter()
        losses = LossLogger(run)
        _fit(generator, config, resources.splits(config), run, losses, key_of("generator", depends_on))
        data, dataset = depends_on["data"], resources.dataset(config)
        payload = {
            "content": checkpoint_content(generator, plain(config.model)),
            "curves": losses.curves,
            "seconds": time.perf_counter() - start,
            "run_id": run.id,
            "study": config.tracking.study,
            "data": {"name": data["name"], "digest": data["digest"], "shape": list(dataset.x.shape)},
            "environment": dict(environment_tags()),
            "environment_text": resources.texts.keep(environment_text()),
        }
        run.publish(training_record(depends_on, payload, environment_text()))
        yield payload


def _fit(
    generator: LearnedGenerator, config: DictConfig, splits: Splits, run: OpenRun, losses: LossLogger, key: str
) -> None:
    trainer = plain(config.trainer)
    steps = min(generator.steps, config.trainer.limit_steps or generator.steps)
    grid_every = trainer.pop("grid_every") or max(1, steps // 5)
    if config.tracking.study is not None:  # the cells of a sweep must not write to one file
        trainer["checkpoint_dir"] = str(Path(trainer["checkpoint_dir"]) / key)
    choose, choose_every = trainer.pop("choose"), trainer.pop("choose_every") or max(1, steps // 10)
    options = TrainerOptions(**trainer, progress_bar=config.tracking.study is None)
    callbacks: list[Callback] = []
    if config.tracking.pictures:
        callbacks.append(SampleGrids(run, grid_every, pool_seed(config.seed)))
    if choose != "last":
        score = distance_to(choose, splits.val)
        callbacks.append(KeepBest(choose, score, every=choose_every, seed=derive_seed(config.seed, "choice")))
    generator.scaling = splits.scaling
    material = generator.material(splits.unlabelled())
    seed = derive_seed(config.seed, "generator")
    generator.fit(material, seed=seed, options=options, logger=losses, callbacks=callbacks)
    if config.tracking.pictures:
        sample = generator.sample(points_shown(generator.spec), pool_seed(config.seed))
        run.log_figure(sample_grid(sample, generator.spec, real=material.x), "samples/final.png")
        if generator.selection is not None and len(generator.selection.candidates) > 1:
            run.log_figure(selection_curves(generator.selection), "pictures/selection.png")
