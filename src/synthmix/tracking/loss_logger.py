"""Hands a training's losses to its MLflow run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Metric
from pytorch_lightning.loggers import Logger

from synthmix.tracking.mlflow.run import Run


class LossLogger(Logger):
    """Hands a training's losses to its run, many at once: a request costs 5 ms, whatever it holds.

    It cannot end the run, as Lightning's own logger does.
    """

    def __init__(self, run: Run, seconds: float = 5.0) -> None:
        super().__init__()
        self.run, self.seconds = run, seconds
        self._waiting: list[Metric] = []
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
        now = int(time.time() * 1000)
        self._waiting += [Metric(key, float(value), now, step or 0) for key, value in metrics.items()]
        if time.monotonic() - self._last_sent > self.seconds:
            self.save()

    def save(self) -> None:
        """Sends what is kept."""
        self.run.log_points(self._waiting)
        self.run.send()
        self._waiting, self._last_sent = [], time.monotonic()

    def finalize(self, status: str) -> None:
        """Sends the rest; the status of the run is not Lightning's to set."""
        self.save()
