"""An open MLflow run, which a store that goes away cannot stop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.entities import Run as Entity
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from synthmix.tracking.mlflow.connection import Connection, StoreAway

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VALUE_LENGTH = 6000  # MLflow's limit for a parameter


class Run:
    """An open MLflow run.

    Parameters, metrics and tags are kept until `send`, at the latest until the run ends, because a request costs 5 ms
    whatever it holds. Losses and files are sent at once. When the store goes away the run is lost: nothing more of it
    is logged, and nothing raises.

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
        self._params: list[Param] = []
        self._metrics: list[Metric] = []
        self._tags: list[RunTag] = []
        try:
            entity = connection.ask(open_run)
        except StoreAway as away:
            self.lost = str(away)
        else:
            self.id, self._artifact_uri = str(entity.info.run_id), str(entity.info.artifact_uri)

    def log_params(self, params: Mapping[str, object]) -> None:
        """Keeps parameters, as texts."""
        self._params += [Param(key, str(value)[:VALUE_LENGTH]) for key, value in params.items()]

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Keeps metrics of one step."""
        now = int(time.time() * 1000)
        self._metrics += [Metric(key, float(value), now, step) for key, value in metrics.items()]

    def tag(self, key: str, value: str) -> None:
        """Keeps one tag."""
        self._tags.append(RunTag(key, value))

    def send(self) -> None:
        """Sends what is kept."""
        params, metrics, tags = self._params, self._metrics, self._tags
        self._params, self._metrics, self._tags = [], [], []
        self.ask(lambda run: self._connection.client.log_batch(run, metrics, params, tags))

    def log_points(self, points: Sequence[Metric]) -> None:
        """Keeps metrics of any steps and times, loss curves for instance."""
        self._metrics += points

    def log_figure(self, figure: Figure, path: str) -> None:
        """Logs a picture under `path`, e.g. pictures/projection_pca.png."""
        self.log_written(path, lambda file: figure.savefig(file, dpi=110))

    def log_text(self, text: str, path: str) -> None:
        """Logs a text file under `path`."""
        self.log_written(path, lambda file: file.write_text(text, encoding="utf-8"))

    def log_written(self, path: str, write: Callable[[Path], object]) -> None:
        """Logs under `path` what `write` writes to the file that it is given."""
        if self.lost is None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / PurePosixPath(path).name
                write(file)
                self.log_file(file, str(PurePosixPath(path).parent))

    def log_file(self, file: Path, folder: str) -> None:
        """Copies a file to the artifacts, into `folder`."""
        self.ask(lambda _: self._upload(file, folder))

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Logs the wall seconds of the block as time/<stage>_s."""
        start = time.perf_counter()
        yield
        self.log_metrics({f"time/{stage}_s": time.perf_counter() - start})

    def end(self, status: str, ended_ms: int | None = None) -> None:
        """Sends what is kept and sets the status: FINISHED, FAILED or KILLED."""
        self.send()
        self.ask(lambda run: self._connection.client.set_terminated(run, status, ended_ms))

    def _upload(self, file: Path, folder: str) -> None:
        # MLflow's client would ask for the whole run first, to learn where its artifacts lie.
        repository: Any = get_artifact_repository(self._artifact_uri, self._connection.uri)
        repository.log_artifact(str(file), None if folder == "." else folder)

    def ask(self, request: Callable[[str], object]) -> None:
        """Makes a request, which is given the run's id, unless the run is lost."""
        run = self.id
        if self.lost is None and run is not None:
            try:
                self._connection.ask(lambda: request(run))
            except StoreAway as away:
                self.lost = str(away)
