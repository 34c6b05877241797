"""The tracker that logs nothing: what is computed is in the store of stages, and a study's report in its folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthmix.errors import InvalidInput
from synthmix.tracking.base import LoggedRun, OpenRun, Recorded, RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Run:
    """A run of which nothing is logged."""

    id: str | None = None

    def log_losses(self, losses: Mapping[str, float], step: int) -> None:
        """Nothing."""

    def log_figure(self, figure: Figure, path: str) -> None:
        """Nothing."""

    def log_text(self, text: str, path: str) -> None:
        """Nothing."""

    def tag(self, key: str, value: str) -> None:
        """Nothing."""

    def send(self) -> None:
        """Nothing."""

    def publish(self, record: RunRecord) -> None:
        """Nothing."""


class Tracker:
    """Logs nothing.

    Args:
        uri: of other trackers.
        experiment: likewise.
    """

    outage: str | None = None

    def __init__(self, uri: str | None, experiment: str) -> None:
        self.uri, self.experiment = None, experiment

    def check(self) -> None:
        """Nothing can be amiss."""

    @contextmanager
    def open(self, record: RunRecord, parent: str | None = None) -> Iterator[OpenRun]:
        """A run of which nothing is logged."""
        yield Run()

    @contextmanager
    def open_study(self, record: RunRecord) -> Iterator[OpenRun]:
        """A run of which nothing is logged."""
        yield Run()

    def publish(self, record: RunRecord, parent: str | None = None, replayed: str = "true") -> str | None:
        """Nothing."""
        return None

    def publish_arms(self, study: str, records: Sequence[RunRecord], parent: str) -> None:
        """Nothing."""

    def find_runs(
        self, kind: str, tag: str, *, study: str | None = None, values: Collection[str] | None = None
    ) -> dict[str, list[LoggedRun]] | None:
        """None: nobody can tell."""
        return None

    def select(self, kind: str, condition: str) -> list[LoggedRun]:
        """Raises InvalidInput: there is nothing to select from."""
        raise InvalidInput(f"{condition}: tracking=none logs no run that it could select")

    def present_run(self, run_id: str) -> str | None:
        """None: there is no run."""
        return None

    def recorded(self, run_id: str) -> Recorded:
        """Raises InvalidInput: there is no run."""
        raise InvalidInput(f"run {run_id}: tracking=none logs no run")

    def add(
        self, run_id: str, *, metrics: Mapping[str, float] | None = None, tags: Mapping[str, str] | None = None
    ) -> bool:
        """Nothing."""
        return False

    def close_left_running(self, study: str) -> int:
        """There are none."""
        return 0

    def ui_command(self) -> str | None:
        """There is nothing to see."""
        return None

    def chart(self, study: str) -> str | None:
        """There is nothing to see."""
        return None
