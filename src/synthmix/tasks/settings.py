"""The settings of a learner that were chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_settings(learner: Any, settings: Mapping[str, Any]) -> Any:
    """The unfitted estimator with these settings in place of its own; as it is where there are none."""
    return learner.set_params(**settings) if settings else learner
