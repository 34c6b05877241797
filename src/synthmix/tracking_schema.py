"""Keys of `tracking`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synthmix.errors import InvalidInput
from synthmix.tracking_uri import resolve_uri


@dataclass(kw_only=True)
class TrackingSchema:
    """Where results are logged, and under which study. `study` and `parent_run_id` are set by a sweep."""

    uri: str | None
    experiment: str
    pictures: bool | None
    study: str | None
    parent_run_id: str | None

    def faults(self, cell: Any) -> Iterator[str]:
        """A store of a kind that MLflow knows."""
        try:
            resolve_uri(self.uri)
        except InvalidInput as error:
            yield from error.faults
