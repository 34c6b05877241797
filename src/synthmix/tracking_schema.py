"""Keys of `tracking`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class TrackingSchema:
    """Where results are logged, and under which study. `study` and `parent_run_id` are set by a sweep."""

    uri: str | None
    experiment: str
    pictures: bool | None
    study: str | None
    parent_run_id: str | None
