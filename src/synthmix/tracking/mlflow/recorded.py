"""What MLflow has of a run of a cell: all that it takes to compute it once more."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from synthmix.errors import InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.base import KIND, Recorded
from synthmix.tracking.mlflow.connection import outage_reason
from synthmix.tracking.mlflow.store import StoreUnreachable, open_store

TEXTS = ("config.yaml", "environment.txt")
MAX_BYTES = 2**20  # of a text: a server may be a stranger's, and the longest of synthmix's own take 10 kB


def recorded_run(uri: str, run_id: str) -> Recorded:
    """A run with its tags, metrics and texts.

    Raises:
        InvalidInput: there is no such store or run, or a text of it is missing or too large.
    """
    client = store_of(uri, run_id)
    try:
        run = client.get_run(run_id)
        texts = {name: _text(client, run_id, name) for name in TEXTS if run.data.tags.get(KIND) == "cell"}
    except MlflowException as error:
        reason = outage_reason(error)
        if reason is not None:
            raise StoreUnreachable(uri, reason) from error
        raise InvalidInput(f"run {run_id}: not found in {without_password(uri)}") from error
    return Recorded(
        id=run_id,
        name=str(run.info.run_name),
        status=str(run.info.status),
        tags=dict(run.data.tags),
        metrics=dict(run.data.metrics),
        texts=texts,
    )


def store_of(uri: str, run_id: str) -> MlflowClient:
    """The store that a run is looked for in. Raises InvalidInput, which names the run, where there is none."""
    try:
        return open_store(uri, create=False)
    except StoreUnreachable:
        raise
    except InvalidInput as error:
        raise InvalidInput(*(f"run {run_id}: not found; {fault}" for fault in error.faults)) from error


def _text(client: MlflowClient, run_id: str, name: str) -> str:
    sizes = {artifact.path: artifact.file_size or 0 for artifact in client.list_artifacts(run_id)}
    if name not in sizes:
        raise InvalidInput(f"run {run_id}: has no {name}, which runs of synthmix 0.1.0 and later have")
    if sizes[name] > MAX_BYTES:
        raise InvalidInput(f"run {run_id}: its {name} of {sizes[name]} bytes is > {MAX_BYTES}")
    with TemporaryDirectory() as folder:
        try:
            return Path(client.download_artifacts(run_id, name, folder)).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"run {run_id}: its {name} is no text") from error
