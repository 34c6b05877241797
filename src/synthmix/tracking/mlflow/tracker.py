"""MLflow: runs whose status is always right, and what is completed after an outage.

Nothing below the cell imports MLflow. Runs are opened through `MlflowClient`, never through MLflow's global state.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

from mlflow.entities import Metric, RunTag
from mlflow.entities import Run as Entity
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_SOURCE_NAME

from synthmix.errors import Interrupted, InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.base import KIND, LAST, REPLAYED, STUDY, Recorded, RunRecord
from synthmix.tracking.mlflow.connection import StoreAway
from synthmix.tracking.mlflow.experiment import equal, search
from synthmix.tracking.mlflow.recorded import recorded_run, store_of
from synthmix.tracking.mlflow.run import VALUE_LENGTH, Run, as_tags
from synthmix.tracking.mlflow.stored_runs import FINISHED, StoredRuns
from synthmix.tracking.mlflow.ui import chart_address, ui_command

ERROR, CONTENT = "synthmix.error", "synthmix.content"
RUNNING = "attributes.status = 'RUNNING'"


class Tracker(StoredRuns):
    """Logs runs to one MLflow store and one experiment in it, made where they are missing when they are first used."""

    @contextmanager
    def open(self, record: RunRecord, parent: str | None = None) -> Iterator[Run]:
        """Opens a run; it ends FINISHED, FAILED by an exception, or KILLED by Ctrl-C or a signal.

        A store that is away raises nothing: the run is lost, and the block goes on. The parameters of a run below
        another one travel with its first metrics: a study has many cells, and each request is a tenth of a small one.
        """
        with self._ending(Run(self.connection, self._new(record, parent)), known=record) as run:
            run.keep(record)
            if parent is None:
                run.send()
            yield run

    @contextmanager
    def open_study(self, record: RunRecord) -> Iterator[Run]:
        """Opens the run of a study, the one that it has or a new one; it ends as `open` has it.

        Parameters should be what is the same whenever the study is asked for. MLflow forbids other values: should one
        differ, the first stays, and the new one becomes the tag `now.<key>`.

        Raises:
            InvalidInput: the store cannot be reached, and was not before.
        """
        self.check()
        new = self._new(record, None)
        with self._ending(Run(self.connection, lambda: self._reopened(record.tags[STUDY]) or new())) as run:
            run.keep(record)
            run.send()
            try:
                yield run
            finally:
                self.connection.answers()  # so that an outage of a moment ago does not leave it RUNNING

    def publish(self, record: RunRecord, parent: str | None = None, replayed: str = "true") -> str | None:
        """Logs a run that is over; returns its id, None where the store is away.

        Args:
            record: of the run.
            parent: id of the run that it lies below.
            replayed: the tag synthmix.replayed, id of the run that was logged of the same work before, if known.
        """
        return self._publish(record, parent, {REPLAYED: replayed})

    def publish_arms(self, study: str, records: Sequence[RunRecord], parent: str) -> None:
        """Puts runs in the place of the arms that a study has; one that says the same stays as it is."""
        wanted = {_content(record): record for record in records}
        try:
            for run in self.connection.ask(lambda: self.search(equal(KIND, "arm"), equal(STUDY, study)), at_once=True):
                is_below = run.tags.get(MLFLOW_PARENT_RUN_ID) == parent
                if not is_below or wanted.pop(run.tags.get(CONTENT, ""), None) is None:
                    self.connection.ask(partial(self.client.delete_run, run.id))
        except StoreAway:
            return
        for content, record in wanted.items():
            self._publish(record, parent, {CONTENT: content})

    def recorded(self, run_id: str) -> Recorded:
        """What is known of a run, of whichever experiment; `last` is the newest cell of this one.

        Raises:
            InvalidInput: there is none.
        """
        if run_id == LAST:
            store_of(self.uri, run_id)
            cells = self.select("cell", FINISHED)
            if not cells:
                raise InvalidInput(f"{LAST}: {without_password(self.uri)} has no finished cell")
            run_id = cells[-1].id
        return recorded_run(self.uri, run_id)

    def add(
        self, run_id: str, *, metrics: Mapping[str, float] | None = None, tags: Mapping[str, str] | None = None
    ) -> bool:
        """Logs what has become known of a run since it ended. Returns False where the store is away."""
        now = int(time.time() * 1000)
        values = [Metric(key, float(value), now, 0) for key, value in (metrics or {}).items()]
        texts = [RunTag(key, value) for key, value in (tags or {}).items()]
        try:
            self.connection.ask(lambda: self.client.log_batch(run_id, values, tags=texts))
        except StoreAway:
            return False
        return True

    def close_left_running(self, study: str) -> int:
        """Ends as KILLED the runs of a study, but its parent, that are RUNNING though their processes are gone.

        Returns how many there were. The caller knows that no other process works at the study.
        """
        try:
            left = partial(self._kill, equal(STUDY, study), f"tags.`{KIND}` != 'study'")
            return self.connection.ask(left, at_once=True)
        except StoreAway:
            return 0

    def ui_command(self) -> str:
        """What a user types to see the store that was logged to."""
        return ui_command(self.uri)

    def chart(self, study: str) -> str | None:
        """The page of the UI that shows a study's arms as curves; None where the store is away."""
        try:
            return chart_address(self.uri, self.connection.ask(lambda: self.experiment_id), study)
        except StoreAway:
            return None

    def _publish(self, record: RunRecord, parent: str | None, tags: Mapping[str, str]) -> str | None:
        with self._ending(Run(self.connection, self._new(record, parent, tags)), record.ended_ms) as run:
            run.publish(record)
        return None if run.lost else run.id

    def _kill(self, *conditions: str) -> int:
        runs = self.search(RUNNING, *conditions)
        for run in runs:
            self.client.set_terminated(run.id, "KILLED")
        return len(runs)

    def _new(
        self, record: RunRecord, parent: str | None, tags: Mapping[str, str] | None = None
    ) -> Callable[[], Entity]:
        own = {MLFLOW_RUN_NAME: record.name, MLFLOW_SOURCE_NAME: "synthmix", KIND: record.kind, **(tags or {})}
        own |= as_tags(record) | ({MLFLOW_PARENT_RUN_ID: parent} if parent else {})
        return lambda: self.client.create_run(self.experiment_id, record.started_ms, own, record.name)

    def _reopened(self, study: str) -> Entity | None:
        """The run that a study has already, RUNNING again."""
        found = next(search(self.client, self.experiment_id, [equal(KIND, "study"), equal(STUDY, study)]), None)
        if found is not None:
            self.client.update_run(found.info.run_id, "RUNNING")
            if ERROR in found.data.tags:
                self.client.delete_tag(found.info.run_id, ERROR)
        return found

    @contextmanager
    def _ending(self, run: Run, ended_ms: int | None = None, known: RunRecord | None = None) -> Iterator[Run]:
        """Gives a run the status with which the block ends, and ends those under it whose processes are gone.

        Args:
            run: is open.
            ended_ms: when it ended, where that is not now.
            known: what was known of it when it was opened, and is all that is logged of it where the block fails.
        """
        try:
            yield run
            run.send()
        except BaseException as error:
            killed = _is_interruption(error)
            if not killed:
                run.tag(ERROR, f"{type(error).__name__}: {error}"[:VALUE_LENGTH])
            if known is not None:
                run.publish(known)
            run.ask(lambda run_id: self._kill(equal(MLFLOW_PARENT_RUN_ID, run_id)))
            run.end("KILLED" if killed else "FAILED")
            raise
        run.end("FAILED" if run.failed else "FINISHED", ended_ms)


def _is_interruption(error: BaseException) -> bool:
    """Whether the user has stopped the process. Lightning turns the Ctrl-C of a worker into SystemExit."""
    cause = error.__context__ if isinstance(error, SystemExit) else error
    return isinstance(cause, KeyboardInterrupt | Interrupted)


def _content(record: RunRecord) -> str:
    """What tells whether a run says the same as a record."""
    return hashlib.sha256(json.dumps(asdict(record), sort_keys=True, default=str).encode()).hexdigest()
