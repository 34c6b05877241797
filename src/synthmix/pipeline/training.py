"""The training of a generator, as an MLflow run of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pytorch_lightning.callbacks import Callback

from synthmix.config.cell import CellConfig
from synthmix.config.flat import flatten
from synthmix.config.plain import to_plain
from synthmix.data.base import Splits
from synthmix.generators.checkpoint import checkpoint_content, save_generator
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.training.choice import KeepBest
from synthmix.generators.training.trainer import TrainerOptions
from synthmix.pipeline.pictures import SampleGrids, points_shown
from synthmix.plots.samples import sample_grid
from synthmix.plots.selection import selection_curves
from synthmix.quality.choice import distance_to
from synthmix.seeds import derive_seed, pool_seed
from synthmix.stages.key import key_of
from synthmix.tracking.environment import environment_tags
from synthmix.tracking.loss_logger import LossLogger
from synthmix.tracking.mlflow.run import Run
from synthmix.tracking.mlflow.tracker import Tracker

NOT_PARAMETERS = ("code", "versions", "training")  # of what a training depends on: tags say it


class KeptLosses(LossLogger):
    """Keeps the loss curves beside logging them, so that a lost run can be written again."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.curves: dict[str, list[tuple[int, float]]] = {}

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Keeps and logs the losses of a step."""
        for name, value in metrics.items():
            self.curves.setdefault(name, []).append((step or 0, float(value)))
        super().log_metrics(metrics, step)


@contextmanager
def train(
    generator: LearnedGenerator, config: CellConfig, splits: Splits, tracker: Tracker, depends_on: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Trains `generator`; yields what is to be stored of it. Its run ends with the block.

    Raises:
        TrainingDiverged: a loss is not finite.
    """
    name, tags = run_name(depends_on), run_tags(depends_on, config.tracking.study)
    parent = config.tracking.parent_run_id
    with tracker.run("generator", name, params=run_params(depends_on), tags=tags, parent=parent) as run:
        start = time.perf_counter()
        losses = KeptLosses(run)
        _fit(generator, config, splits, run, losses, tags["synthmix.stage_key"])
        seconds = time.perf_counter() - start
        run.log_metrics({"time/generator_s": seconds})
        with TemporaryDirectory() as folder:
            file = save_generator(generator, to_plain(config.model), Path(folder) / "generator.pt")
            run.log_file(file, "checkpoint")
        yield {
            "content": checkpoint_content(generator, to_plain(config.model)),
            "curves": losses.curves,
            "seconds": seconds,
            "run_id": run.id,
            "environment": dict(environment_tags()),
        }


def run_name(depends_on: Mapping[str, Any]) -> str:
    """Name of a training's run."""
    return f"{depends_on['model']['name']} seed {depends_on['seed']}"


def run_params(depends_on: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a training's run."""
    return flatten({key: value for key, value in depends_on.items() if key not in NOT_PARAMETERS})


def run_tags(depends_on: Mapping[str, Any], study: str | None) -> dict[str, str]:
    """Tags of a training's run."""
    tags = {
        "synthmix.stage_key": key_of("generator", depends_on),
        "synthmix.data_digest": str(depends_on["data"]["digest"]),
    }
    return tags | ({"synthmix.study": study} if study else {})


def _fit(
    generator: LearnedGenerator, config: CellConfig, splits: Splits, run: Run, losses: LossLogger, key: str
) -> None:
    trainer = to_plain(config.trainer)
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
