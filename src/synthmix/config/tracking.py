"""Keys of `tracking`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synthmix.config.allowlist import import_target
from synthmix.errors import InvalidInput
from synthmix.tracking.uri import resolve_uri

MLFLOW = "synthmix.tracking.mlflow.tracker.Tracker"  # imported only where it is used: that takes seconds


@dataclass(kw_only=True)
class TrackingSchema:
    """Where results are logged, and under which study. The last three are set by a sweep."""

    _target_: str
    uri: str | None
    experiment: str
    pictures: bool | None
    study: str | None
    parent_run_id: str | None
    on_curve: bool

    def faults(self, cell: Any) -> Iterator[str]:
        """An experiment with a name, a tracker that is there, and a store of a kind that MLflow knows."""
        if not self.experiment.strip():
            yield f"tracking.experiment={self.experiment!r}: must be a name"
        if self.study is not None and not re.fullmatch(r"\w[\w.-]*", self.study):
            yield f"tracking.study={self.study}: must be a name of letters, digits, _, - and ."
        try:
            if self._target_ == MLFLOW:
                resolve_uri(self.uri)
            else:
                import_target(self._target_)
        except InvalidInput as error:
            yield from (
                fault if fault.startswith(("tracking.", "MLFLOW_")) else f"tracking.{fault}" for fault in error.faults
            )
