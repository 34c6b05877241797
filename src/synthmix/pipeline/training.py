"""The fit of a generator: of a control at once, of a model as a run of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from pytorch_lightning.callbacks import Callback

from synthmix.config.cell import CellConfig
from synthmix.config.plain import to_plain
from synthmix.data.base import Splits
from synthmix.generators.base import Generator
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.choice import KeepBest
from synthmix.pipeline.dependencies import Declared
from synthmix.pipeline.pictures import SampleGrids, points_shown
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.training_record import training_head, training_record
from synthmix.plots.samples import sample_grid
from synthmix.plots.selection import selection_curves
from synthmix.quality.choice import distance_to
from synthmix.seeds import derive_seed, pool_seed
from synthmix.tracking.base import OpenRun
from synthmix.tracking.environment import environment_tags, environment_text
from synthmix.tracking.loss_logger import LossLogger

GeneratorT = TypeVar("GeneratorT", bound=Generator)


@dataclass(frozen=True)
class Watching:
    """How a training is watched, which makes no difference to what it ends with.

    Attributes:
        resources: of the process.
        study: whose cell asks for it; None of a single cell.
        parent: the run below which its own stands.
        pictures: whether sheets of samples are logged.
        points: shape of the whole data set, for the record of the run.
    """

    resources: Resources
    study: str | None
    parent: str | None
    pictures: bool
    points: tuple[int, ...]

    @classmethod
    def of(cls, config: CellConfig, resources: Resources) -> Self:
        """As a cell's config says."""
        tracking = config.tracking
        points = tuple(resources.dataset(config).x.shape)
        return cls(resources, tracking.study, tracking.parent_run_id, bool(tracking.pictures), points)


def fitted(model: GeneratorT, splits: Splits, seed: int) -> tuple[GeneratorT, float]:
    """A generator that is fitted without a run, and the wall seconds that it took."""
    start = time.perf_counter()
    model.fit(model.material(splits.unlabelled()), seed=derive_seed(seed, "generator"))
    return model, time.perf_counter() - start


@contextmanager
def trained(model: Generator, splits: Splits, declared: Declared, watching: Watching) -> Iterator[dict[str, Any]]:
    """Fits `model`; yields what is to be stored of it. Its run ends with the block.

    Raises:
        TrainingDiverged: a loss is not finite.
    """
    resources, depends_on = watching.resources, declared.depends_on
    with resources.tracker.open(training_head(depends_on, watching.study), watching.parent) as run:
        start = time.perf_counter()
        losses = LossLogger(run)
        if isinstance(model, LearnedGenerator):
            _train(model, splits, declared, watching, run, losses)
        else:
            fitted(model, splits, declared.inputs.seed)
        data, state = depends_on["data"], model.state()
        payload = {
            "content": None if state is None else {"model": to_plain(declared.inputs.model), **state},
            "curves": losses.curves,
            "seconds": time.perf_counter() - start,
            "run_id": run.id,
            "study": watching.study,
            "data": {"name": data["name"], "digest": data["digest"], "shape": list(watching.points)},
            "environment": dict(environment_tags()),
            "environment_text": resources.texts.keep(environment_text()),
        }
        run.publish(training_record(depends_on, payload, environment_text()))
        yield payload


def _train(
    model: LearnedGenerator, splits: Splits, declared: Declared, watching: Watching, run: OpenRun, losses: LossLogger
) -> None:
    inputs, seed = declared.inputs, declared.inputs.seed
    pictures = watching.pictures
    options = _options(model, declared, alone=watching.study is None)
    steps = min(model.steps, options.limit_steps or model.steps)
    callbacks: list[Callback] = []
    material = model.material(splits.unlabelled())
    if pictures:
        every = inputs.trainer.grid_every or max(1, steps // 5)
        callbacks.append(SampleGrids(run, every, pool_seed(seed), material.x))
    if "choose" in model.trainer_keys and inputs.trainer.choose != "last":
        every = inputs.trainer.choose_every or max(1, steps // 10)
        score = distance_to(inputs.trainer.choose, splits.for_generators().val)
        callbacks.append(KeepBest(inputs.trainer.choose, score, every=every, seed=derive_seed(seed, "choice")))
    model.scaling = splits.scaling
    model.fit(material, seed=derive_seed(seed, "generator"), options=options, logger=losses, callbacks=callbacks)
    if pictures:
        sample = model.sample(points_shown(model.spec), pool_seed(seed))
        run.log_figure(sample_grid(sample, model.spec, real=splits.train.x), "samples/final.png")
        if model.selection is not None and len(model.selection.candidates) > 1:
            run.log_figure(selection_curves(model.selection), "pictures/selection.png")


def _options(model: LearnedGenerator, declared: Declared, *, alone: bool) -> TrainerOptions:
    """What the trainer is given: the keys that the model's result depends on, and how it is watched."""
    trainer = declared.inputs.trainer
    read = {key: getattr(trainer, key) for key in model.trainer_keys if not key.startswith("choose")}
    folder = trainer.checkpoint_dir if alone else str(Path(trainer.checkpoint_dir) / declared.key)
    options = TrainerOptions(
        log_every=trainer.log_every,
        checkpoint_every=trainer.checkpoint_every,
        checkpoint_dir=folder,
        progress_bar=alone,
    )
    return replace(options, **read)
