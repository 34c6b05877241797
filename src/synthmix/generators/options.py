"""Where and how a generator is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True, kw_only=True)
class TrainerOptions:
    """Where and how a generator is trained; the fields are the keys of conf/trainer/*.yaml.

    Attributes:
        accelerator: cpu, gpu or auto.
        precision: 32-true or bf16-mixed.
        limit_steps: at most so many generator steps, whatever the model says.
        log_every: generator steps between two entries of the loss curves.
        checkpoint_every: generator steps between two checkpoints; None writes none on the way.
        checkpoint_dir: where `last.ckpt` goes.
        resume_from: a checkpoint to continue from, to the weights of an undisturbed training.
        progress_bar: one bar for the training.
    """

    accelerator: str = "cpu"
    precision: Precision = "32-true"
    limit_steps: int | None = None
    log_every: int = 50
    checkpoint_every: int | None = None
    checkpoint_dir: str = "checkpoints"
    resume_from: str | None = None
    progress_bar: bool = False
