"""Checkpoint selection: keeps the weights with the best score of their samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from synthmix.errors import InvalidInput
from synthmix.generators.training.trained import TrainedGenerator

SAMPLE_SIZE = 2000  # points that a state is scored by


class KeepBest(Callback):
    """Scores a sample at regular steps, and restores the weights of the lowest score at the end.

    The training's random stream is not used, so that the weights at each step are those of a training without
    selection. Checkpoints hold the state of the selection.

    Args:
        name: of the score, logged as choice/<name>.
        score: of a sample (N, *shape), the lower the better; must not look at labels.
        every: generator steps between two scores; the last step is scored too.
        seed: of the pool.

    Attributes:
        best_step: the step that was chosen, once the training is over.
    """

    def __init__(self, name: str, score: Callable[[Tensor], float], *, every: int, seed: int) -> None:
        self.name, self.score, self.every, self.seed = name, score, every, seed
        self.best: float | None = None
        self.best_step = 0
        self._weights: dict[str, Tensor] = {}
        self._resumed = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuses to resume a training without selection.

        Raises:
            InvalidInput: the checkpoint was made without selection.
        """
        assert isinstance(pl_module, TrainedGenerator)
        if pl_module.steps_done and not self._resumed:
            raise InvalidInput(
                f"trainer.resume_from: the checkpoint was made with trainer.choose=last; this training has {self.name}"
            )

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Scores a sample at the steps where one is due, which are ends of minibatch blocks."""
        assert isinstance(pl_module, TrainedGenerator)
        step = pl_module.steps_done
        if step % self.every and step != pl_module.last_step:
            return
        found = self.score(pl_module.sample_on_the_way(SAMPLE_SIZE, self.seed))
        if trainer.logger is not None:
            trainer.logger.log_metrics({f"choice/{self.name}": found}, step)
        if self.best is None or found < self.best:
            self.best, self.best_step = found, step
            self._weights = {name: value.detach().clone() for name, value in pl_module.state_dict().items()}

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Restores the best weights."""
        assert isinstance(pl_module, TrainedGenerator)
        steps_done = pl_module.steps_done
        if self._weights:
            pl_module.load_fitted(self._weights)
            pl_module.steps_done = steps_done
        if trainer.logger is not None:
            trainer.logger.log_metrics({"choice/step": float(self.best_step)}, steps_done)

    @property
    def _asked(self) -> dict[str, Any]:
        return {"choose": self.name, "choose_every": self.every}

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs."""
        return {**self._asked, "best": self.best, "best_step": self.best_step, "weights": self._weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up what a checkpoint has.

        Raises:
            InvalidInput: it was made with another score, or looked at other steps.
        """
        for key, value in self._asked.items():
            if state_dict[key] != value:
                raise InvalidInput(
                    f"trainer.resume_from: the checkpoint was made with trainer.{key}={state_dict[key]}; "
                    f"this training has {value}"
                )
        self.best, self.best_step, self._weights = state_dict["best"], state_dict["best_step"], state_dict["weights"]
        self._resumed = True
