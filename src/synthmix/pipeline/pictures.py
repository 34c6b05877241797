"""The sheets of samples that a training logs while it runs."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from synthmix.plots.samples import sample_grid
from synthmix.spec import DataSpec
from synthmix.tracking.base import OpenRun

GRID_SIZE = 64  # images of a sample grid
SCATTER_POINTS = 1000  # points of a table's scatter matrix


class SampleGrids(Callback):
    """Logs a generator's preview every so many generator steps: the same points, as they become what they will be.

    Beside them stand `real` points, (n, *shape).
    """

    def __init__(self, run: OpenRun, every: int, seed: int, real: Tensor) -> None:
        self.run, self.every, self.seed, self.real = run, every, seed, real
        self._shown = 0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Looks whether another grid is due."""
        due = pl_module.steps_done // self.every
        if due > self._shown:
            self._shown = due
            pl_module.eval()
            figure = sample_grid(
                pl_module.preview(points_shown(pl_module.spec), self.seed), pl_module.spec, real=self.real
            )
            pl_module.train()
            self.run.log_figure(figure, f"samples/step_{pl_module.steps_done:06d}.png")


def points_shown(spec: DataSpec) -> int:
    """How many points a picture of a sample shows."""
    return GRID_SIZE if spec.kind == "image" else SCATTER_POINTS
