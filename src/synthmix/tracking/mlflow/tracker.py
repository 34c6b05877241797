"""MLflow: runs whose status is always right, what is found of them again, and what is completed after an outage.

The stages are the truth and MLflow is a projection of them, which may lag behind: a store that goes away fails nothing,
and `Tracker.replay` logs what it missed. Nothing below the cell imports MLflow. Runs are opened through `MlflowClient`,
never through MLflow's global state.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, RunTag
from mlflow.entities import Run as Entity
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from synthmix.errors import Interrupted, InvalidInput
from synthmix.tracking.base import LoggedRun, RunRecord
from synthmix.tracking.environment import environment_tags
from synthmix.tracking.mlflow.connection import StoreAway, connection_to
from synthmix.tracking.mlflow.experiment import equal, open_experiment, search
from synthmix.tracking.mlflow.run import VALUE_LENGTH, Run
from synthmix.tracking.mlflow.store import StoreUnreachable

KIND, STUDY, ERROR, REPLAYED = "synthmix.kind", "synthmix.study", "synthmix.error", "synthmix.replayed"
RUNNING, FINISHED = (f"attributes.status = '{status}'" for status in ("RUNNING", "FINISHED"))
FEW = 20  # values of a tag are searched for one by one; for more of them, every run is looked at


class Tracker:
    """One MLflow store and one experiment in it, both made where they are missing when they are first asked for.

    Args:
        uri: what `resolve_uri` gave.
        experiment: its name.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        self.uri, self.experiment = uri, experiment
        self.connection = connection_to(uri)

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

    @contextmanager
    def run(
        self,
        kind: str,
        name: str,
        *,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        parent: str | None = None,
    ) -> Iterator[Run]:
        """Opens a run; it ends FINISHED, FAILED by an exception, or KILLED by Ctrl-C or a signal.

        A store that is away raises nothing: the run is lost, and the block goes on.
        """
        with self._ending(Run(self.connection, self._new(kind, name, {**environment_tags(), **tags}, parent))) as run:
            run.log_params(params)
            run.send()
            yield run

    @contextmanager
    def study(self, name: str, *, params: Mapping[str, Any], tags: Mapping[str, str]) -> Iterator[Run]:
        """Opens the parent run of a study, the one that it has or a new one; it ends as `run` has it.

        Args:
            name: the study's id.
            params: what is the same whenever the study is asked for. MLflow forbids other values: should one differ,
                the first stays, and the new one becomes the tag `now.<key>`.
            tags: what may change, the command for instance.

        Raises:
            InvalidInput: the store cannot be reached, and was not before.
        """
        _ = self.experiment_id
        known: dict[str, str] = {}
        new = self._new("study", name, {STUDY: name})
        with self._ending(Run(self.connection, lambda: self._reopened(name, known) or new())) as run:
            texts = {key: str(value)[:VALUE_LENGTH] for key, value in params.items()}
            run.log_params({key: text for key, text in texts.items() if key not in known})
            changed = {f"now.{key}": text for key, text in texts.items() if known.get(key, text) != text}
            for key, value in {**environment_tags(), **changed, **tags}.items():
                run.tag(key, value)
            run.send()
            try:
                yield run
            finally:
                self.connection.answers()  # so that an outage of a moment ago does not leave it RUNNING

    def replay(self, record: RunRecord, parent: str | None = None) -> str | None:
        """Logs a run that is over, with the tag synthmix.replayed; returns its id, None where the store is away."""
        new = self._new(record.kind, record.name, {**record.tags, REPLAYED: "true"}, parent, record.started_ms)
        with self._ending(Run(self.connection, new), record.ended_ms) as run:
            run.log_params(record.params)
            run.log_points(record.points())
            for path, text in record.texts.items():
                run.log_text(text, path)
            for path, write in record.files.items():
                run.log_written(path, write)
        return None if run.lost else run.id

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

    def has_run(self, run_id: str) -> bool:
        """Whether there is a run of this id; also where the store is away, as nobody can tell."""
        try:
            self.connection.ask(lambda: self.client.get_run(run_id), at_once=True)
        except StoreAway:
            return True
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        return True

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

    def _kill(self, *conditions: str) -> int:
        runs = self._search(RUNNING, *conditions)
        for run in runs:
            self.client.set_terminated(run.id, "KILLED")
        return len(runs)

    def _search(self, *conditions: str) -> list[LoggedRun]:
        found = search(self.client, self.experiment_id, conditions)
        return [LoggedRun(run.info.run_id, run.data.tags) for run in found]

    def _new(
        self,
        kind: str,
        name: str,
        tags: Mapping[str, str],
        parent: str | None = None,
        started_ms: int | None = None,
    ) -> Callable[[], Entity]:
        own = {MLFLOW_RUN_NAME: name, KIND: kind} | ({MLFLOW_PARENT_RUN_ID: parent} if parent else {})
        return lambda: self.client.create_run(self.experiment_id, started_ms, {**own, **tags}, name)

    def _reopened(self, study: str, known: dict[str, str]) -> Entity | None:
        """The parent run that a study has already, RUNNING again; its parameters are added to `known`."""
        found = next(search(self.client, self.experiment_id, [equal(KIND, "study"), equal(STUDY, study)]), None)
        if found is not None:
            self.client.update_run(found.info.run_id, "RUNNING")
            if ERROR in found.data.tags:
                self.client.delete_tag(found.info.run_id, ERROR)
            known |= found.data.params
        return found

    @contextmanager
    def _ending(self, run: Run, ended_ms: int | None = None) -> Iterator[Run]:
        """Gives a run the status with which the block ends, and ends those under it whose processes are gone."""
        try:
            yield run
            run.send()
        except BaseException as error:
            killed = _is_interruption(error)
            if not killed:
                run.tag(ERROR, f"{type(error).__name__}: {error}"[:VALUE_LENGTH])
            run.ask(lambda run_id: self._kill(equal(MLFLOW_PARENT_RUN_ID, run_id)))
            run.end("KILLED" if killed else "FAILED")
            raise
        run.end("FAILED" if run.failed else "FINISHED", ended_ms)


def _is_interruption(error: BaseException) -> bool:
    """Whether the user has stopped the process. Lightning turns the Ctrl-C of a worker into SystemExit."""
    cause = error.__context__ if isinstance(error, SystemExit) else error
    return isinstance(cause, KeyboardInterrupt | Interrupted)
