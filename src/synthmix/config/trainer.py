"""Keys of `trainer`; see `TrainerOptions` for what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import is_zipfile

from synthmix.config.schema import Count


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
    choose: Literal["last", "fd_pca", "kid"]
    choose_every: Count | None

    def faults(self, cell: Any) -> Iterator[str]:
        """A checkpoint to continue from must be there; a choice needs points of val to choose by."""
        if self.choose != "last" and cell.data.n_val < 2:
            yield f"trainer.choose={self.choose}: needs data.n_val ≥ 2"
        if self.resume_from is not None and not Path(self.resume_from).is_file():
            yield f"trainer.resume_from={self.resume_from}: no such file"
        elif self.resume_from is not None and not is_zipfile(self.resume_from):
            yield f"trainer.resume_from={self.resume_from}: must be the checkpoint of a training (last.ckpt)"
