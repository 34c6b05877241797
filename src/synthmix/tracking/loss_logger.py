"""Hands a training's losses to its run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pytorch_lightning.loggers import Logger

from synthmix.tracking.base import OpenRun


class LossLogger(Logger):
    """Hands a training's losses to its run, many at once, because a request costs 5 ms, whatever it holds.

    It cannot end the run, as Lightning's own logger does.

    Attributes:
        curves: every loss so far, (step, value) by name.
    """

    def __init__(self, run: OpenRun, seconds: float = 5.0) -> None:
        super().__init__()
        self.run, self.seconds = run, seconds
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self._last_sent = time.monotonic()

    @property
    def name(self) -> str:
        """What Lightning calls the logger."""
        return "synthmix"

    @property
    def version(self) -> str | None:
        """The run's id."""
        return self.run.id

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the run has the parameters already."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Keeps the losses of a step, and sends what is kept every few seconds."""
        losses = {name: float(value) for name, value in metrics.items()}
        for name, value in losses.items():
            self.curves.setdefault(name, []).append((step or 0, value))
        self.run.log_losses(losses, step or 0)
        if time.monotonic() - self._last_sent > self.seconds:
            self.save()

    def save(self) -> None:
        """Sends what is kept."""
        self.run.send()
        self._last_sent = time.monotonic()

    def finalize(self, status: str) -> None:
        """Sends the rest; the status of the run is not Lightning's to set."""
        self.save()
