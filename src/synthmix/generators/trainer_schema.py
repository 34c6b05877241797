"""Keys of `trainer`; see `TrainerOptions` for what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.schema import Count


@dataclass(kw_only=True)
class TrainerSchema:
    """Where and how a generator is trained."""

    accelerator: Literal["cpu", "gpu", "auto"]
    precision: Literal["32-true", "bf16-mixed"]
    limit_steps: Count | None
    log_every: Count
    grid_every: Count | None
    checkpoint_every: Count | None
    checkpoint_dir: str
    resume_from: str | None
