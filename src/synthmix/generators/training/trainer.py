"""Runs Lightning's Trainer for a generator, quietly, with checkpoints and one progress bar."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol, runtime_checkable

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from tqdm import tqdm

from synthmix.errors import InvalidInput
from synthmix.generators.options import TrainerOptions
from synthmix.generators.training.minibatches import MinibatchBlocks, MinibatchOrder


@runtime_checkable
class Timely(Protocol):
    """A callback that must be asked at multiples of a number of generator steps, whatever the length of blocks."""

    every: int


class Stepwise(pl.LightningModule):
    """A module that counts generator steps, of which a `training_step` of Lightning's does a block.

    Attributes:
        last_step: the step to stop after.
        steps_done: those behind it.
    """

    last_step: int
    steps_done: int


def run_training(
    module: Stepwise,
    order: MinibatchOrder,
    options: TrainerOptions,
    logger: Logger | None,
    callbacks: Sequence[Callback],
) -> None:
    """Trains `module` until it has done its steps.

    Lightning costs .25 to .4 ms a `training_step`, which is why one is handed a block of minibatches; an epoch is
    the span between two checkpoints, because Lightning resumes without loss only at the end of an epoch. How many
    epochs there are depends on what a resumed training has behind it, so that the module says when to stop.

    Raises:
        InvalidInput: the file to resume from is no checkpoint of a training.
    """
    if options.resume_from is not None:
        _check_resumable(options.resume_from)
    span = options.checkpoint_every or module.last_step
    extra: list[Callback] = [_Checkpoint(Path(options.checkpoint_dir))] if options.checkpoint_every else []
    if options.progress_bar:
        extra.append(_ProgressBar())
    with _quiet_lightning():
        trainer = pl.Trainer(
            accelerator=options.accelerator,
            devices=1,
            precision=options.precision,
            max_epochs=-1,
            logger=logger or False,
            callbacks=[*callbacks, *extra],
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        ends = [options.log_every, *(callback.every for callback in callbacks if isinstance(callback, Timely))]
        blocks = MinibatchBlocks(module, order, span=span, ends=ends)
        trainer.fit(module, blocks, ckpt_path=options.resume_from, weights_only=True)


def _check_resumable(path: str) -> None:
    """Refuses the weights of a fitted generator, say, from which no training can go on."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError) as error:
        raise InvalidInput(f"trainer.resume_from={path}: not a checkpoint of torch") from error
    if "synthmix" not in content:
        raise InvalidInput(f"trainer.resume_from={path}: must be the checkpoint of a training (last.ckpt)")


class _Checkpoint(Callback):
    """Writes `last.ckpt` at the end of each span, whole or not at all: the one before stays where a disk is full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        draft = self.folder / ".last.ckpt"
        try:
            trainer.save_checkpoint(draft)
            os.replace(draft, self.folder / "last.ckpt")
        finally:
            draft.unlink(missing_ok=True)


class _ProgressBar(Callback):
    """Counts generator steps; gone when the training is."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        name = type(pl_module).__name__
        self.bar = tqdm(
            total=pl_module.last_step,
            initial=pl_module.steps_done,
            desc=f"training {name}",
            unit="step",
            leave=False,
            disable=None,
        )

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        self.bar.update(pl_module.steps_done - self.bar.n)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self.bar.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        if hasattr(self, "bar"):  # a checkpoint that cannot be resumed fails before there is one
            self.bar.close()


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Silences the lines on hardware and the tips, and warnings that do not apply to data in memory."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for text in (".*does not have many workers.*", ".*smaller than the logging interval.*", ".*LeafSpec.*"):
                warnings.filterwarnings("ignore", message=text)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
