"""What an experiment of an MLflow store holds, and how it is found again."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, partial

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from synthmix.errors import InvalidInput
from synthmix.tracking.base import KIND, REPLAYED, STUDY, LoggedRun
from synthmix.tracking.mlflow.connection import StoreAway, connection_to
from synthmix.tracking.mlflow.experiment import equal, open_experiment, search
from synthmix.tracking.mlflow.store import StoreUnreachable
from synthmix.tracking.uri import resolve_uri

FINISHED = "attributes.status = 'FINISHED'"
MAX_SEARCHES = 20  # one for each value of a tag; for more values, one search over all runs is faster


class StoredRuns:
    """The runs of one experiment in one store.

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

    def find_runs(
        self, kind: str, tag: str, *, study: str | None = None, values: Collection[str] | None = None
    ) -> dict[str, list[LoggedRun]] | None:
        """The FINISHED runs of a kind that have a tag, by its value, the oldest first; None where the store is away.

        Args:
            kind: cell or generator.
            tag: synthmix.cell_key or synthmix.stage_key, for instance.
            study: only runs of this study.
            values: only these values of the tag.
        """
        conditions = [equal(KIND, kind), FINISHED] + ([equal(STUDY, study)] if study is not None else [])
        few = values is not None and len(values) <= MAX_SEARCHES
        searches = [[*conditions, equal(tag, value)] for value in values or ()] if few else [conditions]
        found: dict[str, list[LoggedRun]] = {}
        try:
            for search_for in searches:
                for run in self.connection.ask(partial(self.search, *search_for), at_once=True):
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
            return self.connection.ask(lambda: self.search(equal(KIND, kind), FINISHED, condition), at_once=True)
        except StoreAway as away:
            raise StoreUnreachable(self.uri, str(away)) from away
        except MlflowException as error:
            raise InvalidInput(
                f"{condition}: MLflow cannot search for it ({str(error).splitlines()[0]}); allowed: params and tags "
                "by =, !=, LIKE or ILIKE with a quoted text, conditions joined by AND"
            ) from error

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
                found = self.connection.ask(lambda: self.search(FINISHED, equal(REPLAYED, run_id)), at_once=True)
            except StoreAway:
                return run_id
            return found[0].id if found else None
        return run_id

    def search(self, *conditions: str) -> list[LoggedRun]:
        """The runs that meet all conditions, the oldest first."""
        found = search(self.client, self.experiment_id, conditions)
        return [LoggedRun(run.info.run_id, run.data.tags) for run in found]
