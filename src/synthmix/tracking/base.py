"""What is logged of a run, and what a tracker is: nothing here knows a component of a cell, or MLflow.

A run's record is made by one function for each kind of run, and every tracker is given it in one way: `publish`,
whether the run is open, and its losses have been streamed to it, or is over and known from the store of stages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KIND, STUDY, REUSED_FROM, REPLAYED = (f"synthmix.{name}" for name in ("kind", "study", "reused_from", "replayed"))
LAST = "last"  # in place of a run's id


@dataclass(frozen=True, kw_only=True)
class DataUsed:
    """A data set that a run has worked on: its name, digest, and the shape of its points, all of them."""

    name: str
    digest: str
    shape: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything that is logged of a run.

    Attributes:
        kind: study, arm, cell or generator.
        name: as it is shown.
        params: the flattened config.
        tags: with those of the environment in which it was computed, which need not be that of today.
        metrics: one value each.
        curves: (step, value) of each loss, or of whatever else has a value at each of several steps.
        texts: by their path among the artifacts, config.yaml for instance.
        files: likewise, what writes the file to the path that it is given.
        data: the data sets that it has worked on.
        note: its description, sentences in Markdown.
        colour: in which its curves are drawn beside those of other runs, #rrggbb; the tracker's choice where empty.
        failed: whether it ends as a failure, though no exception ends it (a study with a failed cell).
        started_ms, ended_ms: since the Unix epoch; None where that is now.
    """

    kind: str
    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Callable[[Path], object]] = field(default_factory=dict)
    data: Sequence[DataUsed] = ()
    note: str = ""
    colour: str = ""
    failed: bool = False
    started_ms: int | None = None
    ended_ms: int | None = None


@dataclass(frozen=True)
class LoggedRun:
    """A run that a tracker has."""

    id: str
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What a tracker has of a run that is over.

    Attributes:
        id, name: of the run.
        status: FINISHED where all went well.
        tags: all of them.
        metrics: the last value of each.
        texts: of a cell, config.yaml and environment.txt.
    """

    id: str
    name: str
    status: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    texts: Mapping[str, str]


class OpenRun(Protocol):
    """A run whose work is under way. Whatever becomes of the tracker, nothing of it raises."""

    @property
    def id(self) -> str | None:
        """None where there is no run: the tracker was away, or logs nothing."""
        ...

    def log_losses(self, losses: Mapping[str, float], step: int) -> None:
        """Keeps the losses of a step until `send`."""
        ...

    def log_figure(self, figure: Figure, path: str) -> None:
        """Logs a picture under `path`, e.g. pictures/projection_pca.png."""
        ...

    def log_text(self, text: str, path: str) -> None:
        """Logs a text file under `path`, e.g. tables/segments.csv."""
        ...

    def tag(self, key: str, value: str) -> None:
        """Keeps a tag until `send`."""
        ...

    def send(self) -> None:
        """Sends what is kept."""
        ...

    def publish(self, record: RunRecord) -> None:
        """Logs what the record has and the run has not yet; it is complete then, and ends when its block does."""
        ...


class Tracker(Protocol):
    """Where runs are logged.

    The store of stages is the truth and a tracker holds a projection of it, which may lag behind: a tracker that goes
    away fails nothing, says so once, and is given later what it has missed.
    """

    @property
    def uri(self) -> str | None:
        """Where it logs to; None where it logs nothing."""
        ...

    @property
    def experiment(self) -> str:
        """The name under which it keeps runs together."""
        ...

    @property
    def outage(self) -> str | None:
        """Why it was away last, and what follows, in one line; None where it never was."""
        ...

    def check(self) -> None:
        """Makes ready what runs need. Raises InvalidInput where it cannot be used."""
        ...

    def open(self, record: RunRecord, parent: str | None = None) -> AbstractContextManager[OpenRun]:
        """Opens a run of which kind, name, parameters and tags are known.

        It ends as FINISHED, as FAILED by an exception, or as KILLED by Ctrl-C or a signal.
        """
        ...

    def open_study(self, record: RunRecord) -> AbstractContextManager[OpenRun]:
        """Opens the run of a study, the one that it has or a new one; it ends as `open` has it.

        Raises:
            InvalidInput: the tracker cannot be used, and could not be before.
        """
        ...

    def publish(self, record: RunRecord, parent: str | None = None, replayed: str = "true") -> str | None:
        """Logs a run that is over; returns its id, None where the tracker is away or logs nothing.

        Args:
            record: of the run.
            parent: id of the run that it lies below.
            replayed: id of the run that was logged of the same work before, where that is known.
        """
        ...

    def publish_arms(self, study: str, records: Sequence[RunRecord], parent: str) -> None:
        """Puts runs in the place of those of their kind that a study has; one that says the same stays as it is."""
        ...

    def find_runs(
        self, kind: str, tag: str, *, study: str | None = None, values: Collection[str] | None = None
    ) -> dict[str, list[LoggedRun]] | None:
        """The FINISHED runs of a kind that have a tag, by its value, the oldest first; None where the tracker is away.

        Args:
            kind: cell or generator.
            tag: synthmix.cell_key or synthmix.stage_key, for instance.
            study: only runs of this study.
            values: only these values of the tag.
        """
        ...

    def select(self, kind: str, condition: str) -> list[LoggedRun]:
        """The FINISHED runs of a kind that meet a condition in the tracker's language, the oldest first.

        Raises:
            InvalidInput: the condition cannot be read, or the tracker cannot be reached.
        """
        ...

    def present_run(self, run_id: str) -> str | None:
        """The run of this id, or the one that was logged later of the same work; None where there is neither."""
        ...

    def recorded(self, run_id: str) -> Recorded:
        """What is known of a run; `last` is the newest cell.

        Raises:
            InvalidInput: there is none, or the tracker cannot be reached.
        """
        ...

    def add(
        self, run_id: str, *, metrics: Mapping[str, float] | None = None, tags: Mapping[str, str] | None = None
    ) -> bool:
        """Logs what has become known of a run since it ended. Returns False where the tracker is away."""
        ...

    def close_left_running(self, study: str) -> int:
        """Ends as KILLED the runs of a study, but its parent, that are RUNNING though their processes are gone.

        Returns how many there were. The caller knows that no other process works at the study.
        """
        ...

    def ui_command(self) -> str | None:
        """What a user types to see what was logged; None where nothing is."""
        ...

    def chart(self, study: str) -> str | None:
        """The address at which that command shows a study's arms as curves; None where nothing does."""
        ...
