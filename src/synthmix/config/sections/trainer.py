"""Keys of `trainer`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.schema import Count
from synthmix.weights import NoWeightsError, check_weights


@dataclass(kw_only=True, frozen=True)
class TrainerConfig:
    """Where and how a generator is trained.

    Attributes:
        accelerator: what it is trained on.
        precision: of the nets.
        limit_steps: at most so many generator steps, whatever model.steps says.
        log_every: generator steps between two points of the loss curves.
        grid_every: generator steps between two sample grids; null takes a fifth of the training.
        checkpoint_every: generator steps between two checkpoints that can be resumed; null writes none.
        checkpoint_dir: their folder.
        resume_from: a checkpoint to continue from.
        choose: state of the training to keep: last, or that of the lowest fd_pca or kid on val, no labels in either.
        choose_every: generator steps between two looks at it; null takes a tenth of the training.
    """

    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    limit_steps: Count | None = None
    log_every: Count = 50
    grid_every: Count | None = None
    checkpoint_every: Count | None = None
    checkpoint_dir: str = "checkpoints"
    resume_from: str | None = None
    choose: Literal["last", "fd_pca", "kid"] = "last"
    choose_every: Count | None = None

    def faults(self, cell: Cell) -> Iterator[str]:
        """A checkpoint to continue from must be there; a choice needs points of val to choose by."""
        if self.choose != "last" and cell.parts.val < 2:
            yield f"trainer.choose={self.choose}: needs data.n_val ≥ 2"
        if self.resume_from is not None and not Path(self.resume_from).is_file():
            yield f"trainer.resume_from={self.resume_from}: no such file"
        elif self.resume_from is not None:
            try:
                check_weights(Path(self.resume_from))
            except NoWeightsError:
                yield f"trainer.resume_from={self.resume_from}: must be the checkpoint of a training (last.ckpt)"
