"""The tracker that a config names: `tracking=none`, MLflow, or a user's own, which is one file with one class."""

from __future__ import annotations

from synthmix.config.allowlist import import_target
from synthmix.tracking.base import Tracker


def make_tracker(target: str, uri: str | None, experiment: str) -> Tracker:
    """The tracker `tracking._target_` over `tracking.uri` and `tracking.experiment`. Opens nothing yet.

    Raises:
        InvalidInput: there is no such tracker, or it cannot log to this address.
    """
    tracker: Tracker = import_target(target)(uri, experiment)
    return tracker
