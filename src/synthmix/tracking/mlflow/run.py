"""An open MLflow run, which a store that goes away cannot stop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import Metric, Param, RunTag
from mlflow.entities import Run as Entity
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE, MLFLOW_USER

from synthmix.secrets import masked
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.connection import Connection, StoreAway
from synthmix.tracking.mlflow.data_used import dataset_input

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RUN_COLOUR = "mlflow.runColor"  # which the UI reads; MLflow's Python has no name for it
VALUE_LENGTH = 6000  # MLflow's limit for a parameter


class Run:
    """An open MLflow run.

    Parameters, metrics and tags are kept until `send`, at the latest until the run ends, because a request costs 5 ms
    and more, whatever it holds. When the store goes away the run is lost: nothing more of it is logged, and nothing
    raises.

    Args:
        connection: the way to the store.
        open_run: makes the run, or finds the one that is to be gone on with.

    Attributes:
        id: None where the store was away when the run was to be opened.
        lost: why nothing more is logged; None while all is well.
        failed: makes the run end so where no exception does (a study with a failed cell).
    """

    def __init__(self, connection: Connection, open_run: Callable[[], Entity]) -> None:
        self.id: str | None = None
        self.lost: str | None = None
        self.failed = False
        self._connection = connection
        self._params: dict[str, str] = {}  # kept, as are metrics and tags
        self._metrics: list[Metric] = []
        self._tags: dict[str, str] = {}
        self._known_params: dict[str, str] = {}  # to the store, as are tags
        self._known_tags: dict[str, str] = {}
        self._streamed: dict[str, int] = {}  # how many values of each loss
        try:
            entity = connection.ask(open_run)
        except StoreAway as away:
            self.lost = str(away)
        else:
            self.id, self._artifact_uri = str(entity.info.run_id), str(entity.info.artifact_uri)
            self._known_params, self._known_tags = dict(entity.data.params), dict(entity.data.tags)

    def log_losses(self, losses: Mapping[str, float], step: int) -> None:
        """Keeps the losses of a step."""
        now = _now()
        for name, value in losses.items():
            self._metrics.append(Metric(name, value, now, step))
            self._streamed[name] = self._streamed.get(name, 0) + 1

    def tag(self, key: str, value: str) -> None:
        """Keeps a tag."""
        value = masked(value)
        if self._known_tags.get(key) != value:
            self._tags[key] = value

    def keep(self, record: RunRecord) -> None:
        """Keeps the parameters and tags of a record. MLflow lets no parameter change: a new value becomes a tag."""
        for key, value in record.params.items():
            text = masked(str(value))[:VALUE_LENGTH]
            if key not in self._known_params:
                self._params[key] = text
            elif self._known_params[key] != text:
                self.tag(f"now.{key}", text)
        for key, text in as_tags(record).items():
            self.tag(key, text)

    def publish(self, record: RunRecord) -> None:
        """Keeps what the record has and the run has not, and writes its files."""
        self.keep(record)
        self.failed = record.failed
        when = record.ended_ms or _now()
        self._metrics += [Metric(key, float(value), when, 0) for key, value in record.metrics.items()]
        self._metrics += [
            Metric(key, float(value), when, step)
            for key, curve in record.curves.items()
            for step, value in curve[self._streamed.get(key, 0) :]
        ]
        if record.data:
            inputs = [dataset_input(data) for data in record.data]
            self.ask(lambda run: self._connection.client.log_inputs(run, inputs))
        for path, text in record.texts.items():
            self.log_text(text, path)
        for path, write in record.files.items():
            self.log_written(path, write)

    def send(self) -> None:
        """Sends what is kept."""
        params = [Param(key, text) for key, text in self._params.items()]
        metrics, tags = self._metrics, [RunTag(key, text) for key, text in self._tags.items()]
        self._known_params |= self._params
        self._known_tags |= self._tags
        self._params, self._metrics, self._tags = {}, [], {}
        if params or metrics or tags:
            self.ask(lambda run: self._connection.client.log_batch(run, metrics, params, tags))

    def log_figure(self, figure: Figure, path: str) -> None:
        """Logs a picture under `path`, e.g. pictures/projection_pca.png."""
        self.log_written(path, lambda file: figure.savefig(file, dpi=110))

    def log_text(self, text: str, path: str) -> None:
        """Logs a text file under `path`."""
        self.log_written(path, lambda file: file.write_text(masked(text), encoding="utf-8"))

    def log_written(self, path: str, write: Callable[[Path], object]) -> None:
        """Logs under `path` what `write` writes to the file that it is given."""
        if self.lost is not None:
            return
        if self._artifact_uri.startswith("file:"):  # MLflow's way would copy the file, and take 5 ms
            file = Path(url2pathname(urlsplit(self._artifact_uri).path)) / path
            self.ask(lambda _: _write(file, write))
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / PurePosixPath(path).name
            write(file)
            self.ask(lambda _: self._upload(file, str(PurePosixPath(path).parent)))

    def end(self, status: str, ended_ms: int | None = None) -> None:
        """Sends what is kept and sets the status: FINISHED, FAILED or KILLED."""
        self.send()
        self.ask(lambda run: self._connection.client.set_terminated(run, status, ended_ms))

    def ask(self, request: Callable[[str], object]) -> None:
        """Makes a request, which is given the run's id, unless the run is lost."""
        run = self.id
        if self.lost is None and run is not None:
            try:
                self._connection.ask(lambda: request(run))
            except StoreAway as away:
                self.lost = str(away)

    def _upload(self, file: Path, folder: str) -> None:
        # MLflow's client would ask for the whole run first, to learn where its artifacts lie.
        repository: Any = get_artifact_repository(self._artifact_uri, self._connection.uri)
        repository.log_artifact(str(file), None if folder == "." else folder)


def _write(file: Path, write: Callable[[Path], object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file)


def as_tags(record: RunRecord) -> dict[str, str]:
    """A record's tags under the names that MLflow has for them, with its note and colour, which are tags there."""
    tags = {MLFLOW_USER if key == "user" else key: text for key, text in record.tags.items()}
    own = {MLFLOW_RUN_NOTE: record.note, RUN_COLOUR: record.colour}
    return {key: masked(text) for key, text in (tags | own).items() if text or key in tags}


def _now() -> int:
    return int(time.time() * 1000)
