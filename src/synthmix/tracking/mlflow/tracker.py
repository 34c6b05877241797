"""MLflow: runs whose status is always right, what is found of them again, and what is completed after an outage.

Nothing below the cell imports MLflow. Runs are opened through `MlflowClient`, never through MLflow's global state.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property, partial
from urllib.parse import urlencode

from mlflow import MlflowClient
from mlflow.entities import Metric, RunTag
from mlflow.entities import Run as Entity
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_SOURCE_NAME

from synthmix.errors import Interrupted, InvalidInput
from synthmix.tracking.base import KIND, REPLAYED, STUDY, LoggedRun, RunRecord
from synthmix.tracking.mlflow.connection import StoreAway, connection_to
from synthmix.tracking.mlflow.experiment import equal, open_experiment, search
from synthmix.tracking.mlflow.run import VALUE_LENGTH, Run, as_tags
from synthmix.tracking.mlflow.store import StoreUnreachable
from synthmix.tracking.uri import resolve_uri, shown

ERROR, CONTENT = "synthmix.error", "synthmix.content"
RUNNING, FINISHED = (f"attributes.status = '{status}'" for status in ("RUNNING", "FINISHED"))
FEW = 20  # values of a tag are searched for one by one; for more of them, every run is looked at
LOCAL_UI = "http://127.0.0.1:5000"  # where `synthmix ui` shows a store that is no server


class Tracker:
    """One MLflow store and one experiment in it, both made where they are missing when they are first asked for.

    Args:
        uri: tracking.uri of a config.
        experiment: its name.
    """

    def __init__(self, uri: str | None, experiment: str) -> None:
        self.uri, self.experiment = resolve_uri(uri), experiment
        self.connection = connection_to(self.uri)

    @property
    def client(self) -> MlflowClient:
        """A client of the store. Raises StoreUnreachable where it cannot be reached or written."""
        return self.connection.client

    @property
    def outage(self) -> str | None:
        """Why the store was away last, and what follows, in one line; None where it never was."""
        return self.connection.outage

    @cached_property
    def experiment_id(self) -> str:
        """Id of the experiment. Raises InvalidInput where it was deleted, and where the store cannot be reached."""
        return open_experiment(self.client, self.uri, self.experiment)

    def check(self) -> None:
        """Makes store and experiment. Raises InvalidInput where they cannot be used."""
        _ = self.experiment_id

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
            for run in self.connection.ask(lambda: self._search(equal(KIND, "arm"), equal(STUDY, study)), at_once=True):
                is_below = run.tags.get(MLFLOW_PARENT_RUN_ID) == parent
                if not is_below or wanted.pop(run.tags.get(CONTENT, ""), None) is None:
                    self.connection.ask(partial(self.client.delete_run, run.id))
        except StoreAway:
            return
        for content, record in wanted.items():
            self._publish(record, parent, {CONTENT: content})

    def find_runs(
        self, kind: str, tag: str, *, study: str | None = None, values: Collection[str] | None = None
    ) -> dict[str, list[LoggedRun]] | None:
        """The FINISHED runs of a kind that have a tag, by its value, the oldest first; None where the store is away.

        Args:
            kind: cell or generator.
            tag: synthmix.cell_key or synthmix.stages.key, for instance.
            study: only runs of this study.
            values: only these values of the tag.
        """
        conditions = [equal(KIND, kind), FINISHED] + ([equal(STUDY, study)] if study is not None else [])
        few = values is not None and len(values) <= FEW
        searches = [[*conditions, equal(tag, value)] for value in values or ()] if few else [conditions]
        found: dict[str, list[LoggedRun]] = {}
        try:
            for search_for in searches:
                for run in self.connection.ask(partial(self._search, *search_for), at_once=True):
                    value = run.tags.get(tag)
                    if value is not None and (values is None or value in values):
                        found.setdefault(value, []).append(run)
        except StoreAway:
            return None
        return found

    def select(self, kind: str, condition: str) -> list[LoggedRun]:
        """The FINISHED runs of a kind that meet a condition in MLflow's language for searches, the oldest first.

        Raises:
            InvalidInput: the condition cannot be read, or the store cannot be reached.
        """
        try:
            return self.connection.ask(lambda: self._search(equal(KIND, kind), FINISHED, condition), at_once=True)
        except StoreAway as away:
            raise StoreUnreachable(self.uri, str(away)) from away
        except MlflowException as error:
            raise InvalidInput(f"{condition}: MLflow cannot search for it ({str(error).splitlines()[0]})") from error

    def present_run(self, run_id: str) -> str | None:
        """The run of this id, or the one that was logged later of the same work; None where there is neither.

        Where the store is away it is the id itself, as nobody can tell.
        """
        try:
            self.connection.ask(lambda: self.client.get_run(run_id), at_once=True)
        except StoreAway:
            return run_id
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            try:
                found = self.connection.ask(lambda: self._search(FINISHED, equal(REPLAYED, run_id)), at_once=True)
            except StoreAway:
                return run_id
            return found[0].id if found else None
        return run_id

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
        return f"MLFLOW_TRACKING_URI={shlex.quote(shown(self.uri))} synthmix ui"

    def chart(self, study: str) -> str | None:
        """The page of the UI that shows a study's arms as curves; None where the store is away."""
        try:
            experiment = self.connection.ask(lambda: self.experiment_id)
        except StoreAway:
            return None
        query = {
            "searchFilter": f"{equal(KIND, 'arm')} and {equal(STUDY, study)}",
            # Sorted by time, as it is otherwise, the UI folds runs into their parent and draws none of them.
            "orderByKey": "params.`arm`",
            "orderByAsc": "true",
            "startTime": "ALL",
            "compareRunsMode": "CHART",
            "workflowType": "machine_learning",  # without it the page stands among those for language models
        }
        base = shown(self.uri).rstrip("/") if self.uri.startswith("http") else LOCAL_UI
        return f"{base}/#/experiments/{experiment}/runs?{urlencode(query)}"

    def _publish(self, record: RunRecord, parent: str | None, tags: Mapping[str, str]) -> str | None:
        with self._ending(Run(self.connection, self._new(record, parent, tags)), record.ended_ms) as run:
            run.publish(record)
        return None if run.lost else run.id

    def _kill(self, *conditions: str) -> int:
        runs = self._search(RUNNING, *conditions)
        for run in runs:
            self.client.set_terminated(run.id, "KILLED")
        return len(runs)

    def _search(self, *conditions: str) -> list[LoggedRun]:
        found = search(self.client, self.experiment_id, conditions)
        return [LoggedRun(run.info.run_id, run.data.tags) for run in found]

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
