"""Keys of `tracking`, and the tracker that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from synthmix.config.allowlist import import_target
from synthmix.config.cross_checks import Cell
from synthmix.errors import InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.base import Tracker
from synthmix.tracking.uri import VARIABLE, resolve_uri

Part = Literal["sweep", "curve", "configured"]
MLFLOW = "synthmix.tracking.mlflow.tracker.Tracker"  # imported only where it is used: that takes seconds


@dataclass(kw_only=True, frozen=True)
class TrackingConfig:
    """Where results are logged, and under which study.

    Attributes:
        _target_: the tracker.
        uri: of the MLflow store; null takes MLFLOW_TRACKING_URI, else mlflow.db in the working directory.
        experiment: MLflow's.
        pictures: whether a cell logs pictures; null: a single cell does, those of a sweep do not.
        study: set by a sweep.
        parent_run_id: set by a sweep.
        on_curve: set by a sweep, for the points of the learning curve that it adds.
        as_configured: set by a sweep, for the cells without tuning that it adds.
    """

    _target_: str = MLFLOW
    uri: str | None = None
    experiment: str = "synthmix"
    pictures: bool | None = None
    study: str | None = None
    parent_run_id: str | None = None
    on_curve: bool = False
    as_configured: bool = False

    @property
    def part(self) -> Part:
        """The part of a study that a cell belongs to."""
        return "curve" if self.on_curve else "configured" if self.as_configured else "sweep"

    def faults(self, cell: Cell) -> Iterator[str]:
        """An experiment with a name, a tracker that is there, and a store of a kind that MLflow knows."""
        if not self.experiment.strip():
            yield f"tracking.experiment={self.experiment!r}: must be a name"
        if self.study is not None and not re.fullmatch(r"\w[\w.-]*", self.study):
            yield f"tracking.study={self.study}: must be a name of letters, digits, _, - and ."
        if self.uri is not None and without_password(self.uri) != self.uri:
            where = f"set {VARIABLE} to the whole address, since a config is written down"
            yield f"tracking.uri={without_password(self.uri)}: must hold no password; {where}"
            return
        try:
            if self._target_ == MLFLOW:
                resolve_uri(self.uri)
            else:
                import_target(self._target_)
        except InvalidInput as error:
            yield from (
                fault if fault.startswith(("tracking.", "MLFLOW_")) else f"tracking.{fault}" for fault in error.faults
            )


def make_tracker(target: str, uri: str | None, experiment: str) -> Tracker:
    """The tracker `tracking._target_` over `tracking.uri` and `tracking.experiment`. Opens nothing yet.

    It is `tracking=none`, MLflow, or a user's own, which is one file with one class.

    Raises:
        InvalidInput: there is no such tracker, or it cannot log to this address.
    """
    kind = import_target(target)
    if not isinstance(kind, type) or not hasattr(kind, "open_study"):  # the record of a study may be a stranger's
        raise InvalidInput(f"tracking._target_={target}: must be a tracker, a class with open_study")
    tracker: Tracker = kind(uri, experiment)
    return tracker
