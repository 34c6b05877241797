"""The experiment of a store: made where it is missing, and what is found in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Experiment, LifecycleStage
from mlflow.entities import Run as Entity
from mlflow.exceptions import MlflowException

from synthmix.errors import InvalidInput
from synthmix.tracking.mlflow.connection import outage_reason
from synthmix.tracking.mlflow.store import StoreUnreachable
from synthmix.tracking.uri import SQLITE

# Without this the UI opens an experiment on its pages for language models.
TAGS = {"mlflow.experimentKind": "custom_model_development"}
PAGE = 200  # runs that a search gives at once, each with all that it holds


def open_experiment(client: MlflowClient, uri: str, name: str) -> str:
    """Id of the experiment of that name, in the store at `uri`.

    Raises:
        StoreUnreachable: the store does not answer.
        InvalidInput: the experiment was deleted.
    """
    try:
        found = client.get_experiment_by_name(name) or _make(client, uri, name)
    except MlflowException as error:
        reason = outage_reason(error)
        if reason is None:
            raise
        raise StoreUnreachable(uri, reason) from error
    if found.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidInput(f"tracking.experiment={name}: was deleted in MLflow; restore it, or take another name")
    return str(found.experiment_id)


def _make(client: MlflowClient, uri: str, name: str) -> Experiment:
    location = None
    if uri.startswith(SQLITE):
        # MLflow's own default is relative, so that a run from another folder could not find its artifacts.
        location = (Path(uri.removeprefix(SQLITE)).parent / "mlartifacts" / name).as_uri()
    try:
        return client.get_experiment(client.create_experiment(name, location, TAGS))
    except MlflowException:
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found  # another process was faster


def equal(tag: str, value: str) -> str:
    """The condition of a search that a tag has this value."""
    quote = '"' if "'" in value else "'"
    return f"tags.`{tag}` = {quote}{value}{quote}"


def search(client: MlflowClient, experiment_id: str, conditions: Sequence[str]) -> Iterator[Entity]:
    """All runs that meet all conditions, the oldest first, so that one which is opened meanwhile shifts no page."""
    condition, order = " and ".join(conditions), ["attributes.start_time"]
    token: str | None = None
    while token != "":
        page = client.search_runs([experiment_id], condition, max_results=PAGE, order_by=order, page_token=token)
        yield from page
        token = page.token or ""
