"""Runs in a real store: their status, what they hold, and where it lies."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient
from mlflow.entities import Run as Entity
from pytorch_lightning.callbacks import Callback

from synthmix import load_dataset, make_generator
from synthmix.errors import Interrupted, InvalidInput, TrainingDiverged
from synthmix.generators.trained import TrainedGenerator
from synthmix.tracking import (
    LossLogger,
    Run,
    Tracker,
    download_checkpoint,
    environment_tags,
    environment_text,
    flatten,
)

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    return Tracker(f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db", "unit")


def stored(tracker: Tracker, run_id: str) -> Entity:
    """What another client reads."""
    return MlflowClient(tracker.uri).get_run(run_id)


def test_a_run_that_ends_is_finished_and_holds_what_was_logged(tracker: Tracker) -> None:
    with tracker.run("cell", "a name", params={"mix.ratio": 1.5, "model.hidden": [1, 2]}, tags={"x": "y"}) as run:
        run.log_metrics({"cluster/ari": 0.25, "cluster/acc": 0.5}, step=3)
        with run.timed("sleep"):
            assert stored(tracker, run.id).info.status == "RUNNING"
    entity = stored(tracker, run.id)
    assert (entity.info.status, entity.info.run_name) == ("FINISHED", "a name")
    assert entity.info.end_time is not None
    assert entity.data.params == {"mix.ratio": "1.5", "model.hidden": "[1, 2]"}
    assert {key: value for key, value in entity.data.metrics.items() if not key.startswith("time/")} == {
        "cluster/ari": 0.25,
        "cluster/acc": 0.5,
    }
    assert 0 < entity.data.metrics["time/sleep_s"] < 10
    assert (entity.data.tags["synthmix.kind"], entity.data.tags["x"]) == ("cell", "y")
    assert "mlflow.parentRunId" not in entity.data.tags


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TrainingDiverged("loss is nan"), "FAILED"),
        (MemoryError(), "FAILED"),
        (SystemExit(1), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (Interrupted(signal.SIGINT), "KILLED"),
        (Interrupted(signal.SIGTERM), "KILLED"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)
def test_the_status_says_how_a_run_ended(tracker: Tracker, error: BaseException, status: str) -> None:
    with (
        pytest.raises(type(error)),
        tracker.run("cell", "outer", params={}, tags={}) as outer,
        tracker.run("generator", "inner", params={}, tags={}) as inner,
    ):
        raise error
    told = f"{type(error).__name__}: {error}" if status == "FAILED" else None
    for run in (outer, inner):
        entity = stored(tracker, run.id)
        assert entity.info.status == status
        assert entity.data.tags.get("synthmix.error") == told


class PressesCtrlC(Callback):
    """What the terminal does to a launcher's worker in the middle of a training."""

    def on_train_batch_end(self, *_: object) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def _handler_of_ctrl_c() -> Iterator[None]:
    """Lightning ignores further ones from then on; pytest needs its own back."""
    kept = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, kept)


@pytest.mark.usefixtures("_handler_of_ctrl_c")
def test_a_training_that_lightning_ends_on_ctrl_c_was_killed(tracker: Tracker) -> None:
    generator = make_generator("gan", steps=100)
    assert isinstance(generator, TrainedGenerator)
    with pytest.raises(SystemExit), tracker.run("generator", "ctrl-c", params={}, tags={}) as run:
        generator.fit(load_dataset("digits"), logger=LossLogger(run), callbacks=[PressesCtrlC()])
    assert stored(tracker, run.id).info.status == "KILLED"
    assert "train/generator_loss" in stored(tracker, run.id).data.metrics


def test_a_run_may_fail_without_an_exception(tracker: Tracker) -> None:
    with tracker.run("study", "one of its cells has failed", params={}, tags={}) as run:
        run.failed = True
    assert stored(tracker, run.id).info.status == "FAILED"


def test_a_run_whose_parameters_cannot_be_logged_has_failed(tracker: Tracker) -> None:
    with pytest.raises(Exception, match="Invalid"), tracker.run("cell", "n", params={"bad=key": 1}, tags={}):
        pytest.fail("it was opened")
    (entity,) = [run for run in runs_of(tracker) if run.info.run_name == "n"]
    assert entity.info.status == "FAILED"


def runs_of(tracker: Tracker) -> list[Entity]:
    return list(MlflowClient(tracker.uri).search_runs([tracker.experiment_id]))


def study_with_lost_cells(tracker: Tracker, error: BaseException, runs: dict[str, Run]) -> None:
    """Ends by `error` while cells of killed processes are open: nobody leaves their contexts."""
    with tracker.run("study", "parent", params={}, tags={}) as runs["parent"]:
        parent = runs["parent"].id
        with tracker.run("cell", "done", params={}, tags={}, parent=parent) as runs["done"]:
            pass
        contexts = [tracker.run("cell", "lost", params={}, tags={}, parent=parent)]
        contexts.append(tracker.run("cell", "of another parent", params={}, tags={}))
        runs["lost"], runs["other"] = (context.__enter__() for context in contexts)
        raise error


@pytest.mark.parametrize(("error", "status"), [(Interrupted(signal.SIGTERM), "KILLED"), (SystemExit(1), "FAILED")])
def test_a_parent_that_is_stopped_ends_the_runs_whose_processes_are_gone(
    tracker: Tracker, error: BaseException, status: str
) -> None:
    runs: dict[str, Run] = {}
    with pytest.raises(type(error)) as stopped:
        study_with_lost_cells(tracker, error, runs)
    states = {name: stored(tracker, run.id).info.status for name, run in runs.items()}
    assert states == {"parent": status, "done": "FINISHED", "lost": "KILLED", "other": "RUNNING"}
    assert stored(tracker, runs["lost"].id).data.tags["mlflow.parentRunId"] == runs["parent"].id
    del stopped  # it holds the frames, and they the open contexts


def test_long_parameters_and_many_of_them_are_kept(tracker: Tracker) -> None:
    params = {f"p{number}": "x" * (number * 20) for number in range(300)}
    with tracker.run("cell", "long", params=params, tags={}) as run:
        pass
    assert stored(tracker, run.id).data.params == params
    assert len(params["p299"]) > 250


def test_the_environment_is_that_of_the_process(tracker: Tracker) -> None:
    with tracker.run("cell", "environment", params={}, tags={}) as run:
        pass
    tags = stored(tracker, run.id).data.tags
    assert tags.items() >= environment_tags().items()
    for package in ("synthmix", "torch", "mlflow", "hydra-core", "pytorch-lightning", "scikit-learn", "torchmetrics"):
        assert tags[f"version.{package}"] == importlib.metadata.version(package)
    assert tags["version.python"] == platform.python_version()
    head = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert tags["synthmix.git_commit"].removesuffix("-dirty") == head.stdout.strip()


def test_the_environment_text_can_be_installed_again() -> None:
    lines = environment_text().splitlines()
    assert lines[0].startswith(f"# Python {platform.python_version()} on ")
    assert {f"{name}=={importlib.metadata.version(name)}" for name in ("torch", "numpy", "omegaconf")} <= set(lines)
    assert all("==" in line for line in lines[1:])


def test_artifacts_lie_beside_the_database_and_are_found_from_anywhere(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cells.csv").write_text("a,b\n")
    with tracker.run("cell", "artifacts", params={}, tags={}) as run:
        run.log_text("seed: 0\n", "config.yaml")
        run.log_figure(Figure(figsize=(1, 1)), "pictures/empty.png")
        run.log_file(tmp_path / "cells.csv", "report")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    client = MlflowClient(tracker.uri)
    assert Path(client.download_artifacts(run.id, "config.yaml")).read_text() == "seed: 0\n"
    assert Path(client.download_artifacts(run.id, "report/cells.csv")).read_text() == "a,b\n"
    assert Path(client.download_artifacts(run.id, "pictures/empty.png")).read_bytes().startswith(b"\x89PNG")
    location = Path(tracker.uri.removeprefix("sqlite:///")).parent / "mlartifacts" / "unit"
    assert client.get_experiment(tracker.experiment_id).artifact_location == location.as_uri()
    assert not any((tmp_path / "elsewhere").iterdir())


def test_an_experiment_is_made_once(tracker: Tracker) -> None:
    assert Tracker(tracker.uri, "unit").experiment_id == tracker.experiment_id
    assert Tracker(tracker.uri, "another").experiment_id != tracker.experiment_id


def test_a_tracker_opens_nothing_before_it_is_used(tmp_path: Path) -> None:
    Tracker(f"sqlite:///{tmp_path}/mlflow.db", "unit")
    assert list(tmp_path.iterdir()) == []


def test_losses_arrive_in_batches_and_do_not_end_the_run(tracker: Tracker) -> None:
    with tracker.run("generator", "losses", params={}, tags={}) as run:
        logger = LossLogger(run, seconds=1000)
        for step in range(1, 2001):
            logger.log_metrics({"train/loss": 1 / step}, step)
        assert stored(tracker, run.id).data.metrics == {}
        logger.finalize("success")
        assert stored(tracker, run.id).info.status == "RUNNING"
        logger.finalize("failed")  # what was sent is not sent again
    history = MlflowClient(tracker.uri).get_metric_history(run.id, "train/loss")
    assert {entry.step: entry.value for entry in history} == {step: 1 / step for step in range(1, 2001)}
    assert len(history) == 2000


def test_losses_are_sent_on_the_way_too(tracker: Tracker) -> None:
    with tracker.run("generator", "losses", params={}, tags={}) as run:
        LossLogger(run, seconds=0).log_metrics({"train/loss": 2.0}, 7)
        assert stored(tracker, run.id).data.metrics == {"train/loss": 2.0}


def test_a_run_without_generator_has_no_checkpoint(tracker: Tracker, tmp_path: Path) -> None:
    with tracker.run("cell", "control", params={}, tags={}) as run:
        pass
    with pytest.raises(InvalidInput, match=f"run {run.id}: has no trained generator"):
        download_checkpoint(tracker.uri, run.id, tmp_path)
    with pytest.raises(InvalidInput, match="run nope: not found in sqlite"):
        download_checkpoint(tracker.uri, "nope", tmp_path)


def test_the_checkpoint_of_a_reused_cell_is_that_of_the_cell_it_is_from(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "generator.pt").write_bytes(b"weights")
    with tracker.run("generator", "g", params={}, tags={}) as generator:
        generator.log_file(tmp_path / "generator.pt", "checkpoint")
    with tracker.run("cell", "first", params={}, tags={"synthmix.generator_run": generator.id}) as first:
        pass
    with tracker.run("cell", "again", params={}, tags={"synthmix.reused_from": first.id}) as again:
        pass
    for number, run in enumerate((generator, first, again)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert download_checkpoint(tracker.uri, run.id, folder).read_bytes() == b"weights"


def test_a_nested_config_becomes_dotted_keys() -> None:
    nested = {"mix": {"ratio": 1}, "model": {"networks": {"hidden": [1]}, "empty": {}}, "seed": 0}
    assert flatten(nested) == {"mix.ratio": 1, "model.networks.hidden": [1], "seed": 0}


def test_telemetry_is_off() -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
