"""The generator of a training, fetched from its MLflow run."""

from __future__ import annotations

from pathlib import Path

from mlflow.exceptions import MlflowException

from synthmix.errors import InvalidInput
from synthmix.secrets import without_password
from synthmix.tracking.base import REUSED_FROM
from synthmix.tracking.mlflow.store import open_store

CHECKPOINT = "checkpoint/generator.pt"  # among the artifacts of a training
MAX_BYTES = 2**32  # of a checkpoint: a server may be a stranger's, and the largest of synthmix's own take 100 MB


def download_checkpoint(uri: str, run_id: str, folder: Path) -> Path:
    """Fetches the checkpoint of a training, or of the training that a cell names, into `folder`.

    Raises:
        InvalidInput: no such store or run, none with a trained generator, or one that is too large.
    """
    client = open_store(uri, create=False)
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise InvalidInput(f"run {run_id}: not found in {without_password(uri)}") from error
    tags = run.data.tags
    source = tags.get("synthmix.generator_run") or tags.get(REUSED_FROM, run_id)
    if source == tags.get(REUSED_FROM):
        source = client.get_run(source).data.tags.get("synthmix.generator_run", source)
    artifacts = {artifact.path: artifact.file_size or 0 for artifact in client.list_artifacts(source, "checkpoint")}
    if CHECKPOINT not in artifacts and tags.get("synthmix.kind") == "study":
        raise InvalidInput(f"run {run_id}: is a study's; name a cell's run or a training's, which lie below it")
    if CHECKPOINT not in artifacts:
        raise InvalidInput(f"run {run_id}: has no trained generator (controls and ratio 0 have none)")
    if artifacts[CHECKPOINT] > MAX_BYTES:
        raise InvalidInput(f"run {run_id}: its checkpoint of {artifacts[CHECKPOINT]} bytes is > {MAX_BYTES}")
    return Path(client.download_artifacts(source, CHECKPOINT, str(folder)))
