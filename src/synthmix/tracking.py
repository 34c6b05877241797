"""MLflow: the store made once, runs whose status is always right, parameters, metrics, figures and environment.

Nothing below the cell imports MLflow. Runs are opened through `MlflowClient`, never through MLflow's global state, and
Lightning gets a logger that cannot end a run.
"""

from __future__ import annotations

import getpass
import importlib.metadata
import logging
import platform
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_SOURCE_NAME, MLFLOW_USER
from pytorch_lightning.loggers import Logger

from synthmix.errors import Interrupted, InvalidInput
from synthmix.tracking_store import open_store
from synthmix.tracking_uri import SQLITE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Without this the UI opens an experiment on its pages for language models.
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}
PARAMS_A_BATCH, METRICS_A_BATCH = 100, 1000  # MLflow's limits
VALUE_LENGTH = 6000  # of a parameter, likewise
CHECKPOINT = "checkpoint/generator.pt"  # among the artifacts of a training


class Tracker:
    """One MLflow store and one experiment in it, both made where they are missing when they are first asked for.

    Args:
        uri: what `resolve_uri` gave.
        experiment: its name.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        _quieten()
        self.uri, self.experiment = uri, experiment

    @cached_property
    def client(self) -> MlflowClient:
        """A client of the store. Raises InvalidInput where it cannot be reached or written."""
        return open_store(self.uri)

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
        """Opens a run; it ends FINISHED, FAILED by an exception, or KILLED by Ctrl-C or a signal."""
        parent_tag = {MLFLOW_PARENT_RUN_ID: parent} if parent else {}
        all_tags = {MLFLOW_RUN_NAME: name, "synthmix.kind": kind, **parent_tag, **environment_tags(), **tags}
        entity = self.client.create_run(self.experiment_id, tags=all_tags, run_name=name)
        run = Run(self.client, entity.info.run_id)
        try:
            run.log_params(params)
            yield run
        except BaseException as error:
            if _is_interruption(error):
                self._end(run.id, "KILLED")
                raise
            run.tag("synthmix.error", f"{type(error).__name__}: {error}"[:VALUE_LENGTH])
            self._end(run.id, "FAILED")
            raise
        else:
            self.client.set_terminated(run.id, "FAILED" if run.failed else "FINISHED")

    def _end(self, run_id: str, status: str) -> None:
        """Ends a run before its time, and those under it whose process is gone."""
        left = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{run_id}' and attributes.status = 'RUNNING'"
        for child in self.client.search_runs([self.experiment_id], left):
            self.client.set_terminated(child.info.run_id, "KILLED")
        self.client.set_terminated(run_id, status)

    @cached_property
    def experiment_id(self) -> str:
        """Id of the experiment. Raises InvalidInput as `client` does."""
        found = self.client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        location = None
        if self.uri.startswith(SQLITE):
            # MLflow's own default is relative, so that a run from another folder could not find its artifacts.
            location = (Path(self.uri.removeprefix(SQLITE)).parent / "mlartifacts" / self.experiment).as_uri()
        try:
            return str(self.client.create_experiment(self.experiment, location, EXPERIMENT_TAGS))
        except MlflowException:
            found = self.client.get_experiment_by_name(self.experiment)
            if found is None:
                raise
            return str(found.experiment_id)  # another process was faster


class Run:
    """An open MLflow run; `failed` makes it end so where no exception does (a study with a failed cell)."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.client, self.id, self.failed = client, run_id, False

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Logs parameters, a hundred a request."""
        entities = [Param(key, str(value)[:VALUE_LENGTH]) for key, value in params.items()]
        for start in range(0, len(entities), PARAMS_A_BATCH):
            self.client.log_batch(self.id, params=entities[start : start + PARAMS_A_BATCH])

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics of one step."""
        now = int(time.time() * 1000)
        self.log_entities([Metric(key, value, now, step) for key, value in metrics.items()])

    def log_entities(self, metrics: list[Metric]) -> None:
        """Logs metrics of any steps, a thousand a request."""
        for start in range(0, len(metrics), METRICS_A_BATCH):
            self.client.log_batch(self.id, metrics=metrics[start : start + METRICS_A_BATCH])

    def tag(self, key: str, value: str) -> None:
        """Sets one tag."""
        self.client.log_batch(self.id, tags=[RunTag(key, value)])

    def log_figure(self, figure: Figure, path: str) -> None:
        """Logs a picture under `path`, e.g. pictures/projection_pca.png."""
        self.client.log_figure(self.id, figure, path, save_kwargs={"dpi": 110})

    def log_text(self, text: str, path: str) -> None:
        """Logs a text file under `path`."""
        self.client.log_text(self.id, text, path)

    def log_file(self, file: Path, folder: str) -> None:
        """Copies a file to the artifacts, into `folder`."""
        self.client.log_artifact(self.id, str(file), folder)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Logs the wall seconds of the block as time/<stage>_s."""
        start = time.perf_counter()
        yield
        self.log_metrics({f"time/{stage}_s": time.perf_counter() - start})


class LossLogger(Logger):
    """Hands a training's losses to its run, many at once: a request costs 5 ms, whatever it holds."""

    def __init__(self, run: Run, seconds: float = 5.0) -> None:
        super().__init__()
        self.run, self.seconds = run, seconds
        self._waiting: list[Metric] = []
        self._last_sent = time.monotonic()

    @property
    def name(self) -> str:
        """What Lightning calls the logger."""
        return "synthmix"

    @property
    def version(self) -> str:
        """The run's id."""
        return self.run.id

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the run has the parameters already."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Keeps the losses of a step, and sends what is kept every few seconds."""
        now = int(time.time() * 1000)
        self._waiting += [Metric(key, float(value), now, step or 0) for key, value in metrics.items()]
        if time.monotonic() - self._last_sent > self.seconds:
            self.save()

    def save(self) -> None:
        """Sends what is kept."""
        self.run.log_entities(self._waiting)
        self._waiting, self._last_sent = [], time.monotonic()

    def finalize(self, status: str) -> None:
        """Sends the rest; the status of the run is not Lightning's to set."""
        self.save()


def _is_interruption(error: BaseException) -> bool:
    """Whether the user has stopped the process. Lightning turns the Ctrl-C of a worker into SystemExit."""
    cause = error.__context__ if isinstance(error, SystemExit) else error
    return isinstance(cause, KeyboardInterrupt | Interrupted)


def download_checkpoint(uri: str, run_id: str, folder: Path) -> Path:
    """Fetches the checkpoint of a training, or of the training that a cell names, into `folder`.

    Raises:
        InvalidInput: no such store or run, or none with a trained generator.
    """
    client = open_store(uri, create=False)
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise InvalidInput(f"run {run_id}: not found in {uri}") from error
    if "synthmix.reused_from" in run.data.tags:
        return download_checkpoint(uri, run.data.tags["synthmix.reused_from"], folder)
    source = run.data.tags.get("synthmix.generator_run", run_id)
    artifacts = {artifact.path for artifact in client.list_artifacts(source, "checkpoint")}
    if CHECKPOINT not in artifacts:
        raise InvalidInput(f"run {run_id}: has no trained generator (controls and ratio 0 have none)")
    return Path(client.download_artifacts(source, CHECKPOINT, str(folder)))


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested config as dotted keys: {"mix": {"ratio": 1}} → {"mix.ratio": 1}."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


@cache
def environment_tags() -> Mapping[str, str]:
    """Git commit of the code (where it is a checkout) and the versions that numbers depend on."""
    packages = (
        "synthmix",
        "torch",
        "pytorch-lightning",
        "scikit-learn",
        "torchmetrics",
        "mlflow",
        "hydra-core",
        "numpy",
    )
    tags = {f"version.{package}": importlib.metadata.version(package) for package in packages}
    commit = _git_commit()
    tags |= {
        MLFLOW_USER: getpass.getuser(),
        MLFLOW_SOURCE_NAME: "synthmix",
        "version.python": platform.python_version(),
    }
    return tags | ({"synthmix.git_commit": commit} if commit else {})


@cache
def environment_text() -> str:
    """Every installed distribution, the interpreter and the platform, as a text artifact."""
    installed = sorted({f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}, key=str.lower)
    return "\n".join([f"# Python {platform.python_version()} on {platform.platform()}", *installed, ""])


def _git_commit() -> str | None:
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None


def _quieten() -> None:
    """MLflow tells of its migrations and advises on stores; neither is for the reader of a result."""
    for name in ("alembic", "mlflow.store.db.utils", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="mlflow")
