"""Runs in a real store: their status, what they hold, how they are found again, and what an outage makes of them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as Entity
from mlflow.exceptions import MlflowException

from synthmix.errors import Interrupted, InvalidInput, TrainingDiverged
from synthmix.tracking.base import RunRecord
from synthmix.tracking.environment import environment_tags
from synthmix.tracking.mlflow.run import Run
from synthmix.tracking.mlflow.tracker import Tracker

RECORD = RunRecord(
    kind="generator",
    name="gan seed 0",
    params={f"model.option_{number}": number / 2 for number in range(120)},
    tags={"synthmix.stage_key": "abc", "version.torch": "1.0", "synthmix.study": "replayed"},
    metrics={"quality/fd_pca": 0.25, "time/generator_s": 3.0},
    curves={"train/loss": [(step, 1 / step) for step in range(1, 1501)]},
    texts={"config.yaml": "seed: 0\n", "notes/why.txt": "because"},
    files={"checkpoint/generator.pt": lambda file: file.write_bytes(b"weights")},
    started_ms=1_700_000_000_000,
    ended_ms=1_700_000_060_000,
)


def stored(tracker: Tracker, run: Run | str | None) -> Entity:
    """What another client reads."""
    return MlflowClient(tracker.uri).get_run(run.id if isinstance(run, Run) else run)


def test_a_run_that_ends_is_finished_and_holds_what_was_logged(tracker: Tracker) -> None:
    with tracker.open(
        RunRecord(kind="cell", name="a name", params={"mix.ratio": 1.5, "model.hidden": [1, 2]}, tags={"x": "y"})
    ) as run:
        run.log_losses({"cluster/ari": 0.25, "cluster/acc": 0.5}, 3)
        run.tag("synthmix.generator_run", "abc")
        entity = stored(tracker, run)
        assert entity.info.status == "RUNNING"
        assert entity.data.params == {"mix.ratio": "1.5", "model.hidden": "[1, 2]"}
    entity = stored(tracker, run)
    assert (entity.info.status, entity.info.run_name) == ("FINISHED", "a name")
    assert entity.info.end_time is not None
    assert entity.data.metrics == {"cluster/ari": 0.25, "cluster/acc": 0.5}
    tags = entity.data.tags
    assert (tags["synthmix.kind"], tags["x"], tags["synthmix.generator_run"]) == ("cell", "y", "abc")
    assert "mlflow.parentRunId" not in tags


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
        tracker.open(RunRecord(kind="cell", name="outer")) as outer,
        tracker.open(RunRecord(kind="generator", name="inner")) as inner,
    ):
        raise error
    told = f"{type(error).__name__}: {error}" if status == "FAILED" else None
    for run in (outer, inner):
        entity = stored(tracker, run)
        assert entity.info.status == status
        assert entity.data.tags.get("synthmix.error") == told


def test_what_was_known_when_a_run_failed_is_logged(tracker: Tracker) -> None:
    with pytest.raises(SystemExit), tracker.open(RunRecord(kind="cell", name="failed")) as run:
        fail_after(lambda: run.log_losses({"cluster/ari": 1.0}, 0))
    assert stored(tracker, run).data.metrics == {"cluster/ari": 1.0}


def fail_after(step: Callable[[], object]) -> NoReturn:
    step()
    raise SystemExit(1)


def test_a_run_may_fail_without_an_exception(tracker: Tracker) -> None:
    with tracker.open(RunRecord(kind="study", name="one of its cells has failed")) as run:
        run.failed = True
    assert stored(tracker, run).info.status == "FAILED"


def test_a_run_whose_parameters_cannot_be_logged_has_failed(tracker: Tracker) -> None:
    with (
        pytest.raises(MlflowException, match="Invalid"),
        tracker.open(RunRecord(kind="cell", name="n", params={"bad=key": 1})),
    ):
        pytest.fail("it was opened")
    (entity,) = [run for run in runs_of(tracker) if run.info.run_name == "n"]
    assert entity.info.status == "FAILED"


def test_a_run_whose_metrics_cannot_be_logged_has_failed(tracker: Tracker) -> None:
    with pytest.raises(MlflowException, match="Invalid"), tracker.open(RunRecord(kind="cell", name="n")) as run:
        run.log_losses({"bad=key": 1.0}, 0)
    assert stored(tracker, run).info.status == "FAILED"


def runs_of(tracker: Tracker) -> list[Entity]:
    return list(MlflowClient(tracker.uri).search_runs([tracker.experiment_id]))


def study_with_lost_cells(tracker: Tracker, error: BaseException, runs: dict[str, Run]) -> None:
    """Ends by `error` while cells of killed processes are open: nobody leaves their contexts."""
    with tracker.open_study(
        RunRecord(kind="study", name="with lost cells", tags={"synthmix.study": "with lost cells"})
    ) as runs["parent"]:
        parent = runs["parent"].id
        with tracker.open(RunRecord(kind="cell", name="done"), parent) as runs["done"]:
            pass
        contexts = [tracker.open(RunRecord(kind="cell", name="lost"), parent)]
        contexts.append(tracker.open(RunRecord(kind="cell", name="of another parent")))
        runs["lost"], runs["other"] = (context.__enter__() for context in contexts)
        raise error


@pytest.mark.parametrize(("error", "status"), [(Interrupted(signal.SIGTERM), "KILLED"), (SystemExit(1), "FAILED")])
def test_a_parent_that_is_stopped_ends_the_runs_whose_processes_are_gone(
    tracker: Tracker, error: BaseException, status: str
) -> None:
    runs: dict[str, Run] = {}
    with pytest.raises(type(error)) as stopped:
        study_with_lost_cells(tracker, error, runs)
    states = {name: stored(tracker, run).info.status for name, run in runs.items()}
    assert states == {"parent": status, "done": "FINISHED", "lost": "KILLED", "other": "RUNNING"}
    assert stored(tracker, runs["lost"]).data.tags["mlflow.parentRunId"] == runs["parent"].id
    del stopped  # it holds the frames, and they the open contexts


def test_long_parameters_and_many_of_them_are_kept(tracker: Tracker) -> None:
    params = {f"p{number}": "x" * (number * 20) for number in range(300)}
    with tracker.open(RunRecord(kind="cell", name="long", params=params)) as run:
        pass
    assert stored(tracker, run).data.params == params
    assert len(params["p299"]) > 250


def test_a_study_has_one_parent_however_often_it_is_asked_for(tracker: Tracker) -> None:
    first, again = {"command": "run -m", "cells": "4"}, {"command": "run -m seed=range(9)", "cells": "9"}
    params = {"score": "ari", "experiment": None}
    with (
        pytest.raises(SystemExit),
        tracker.open_study(
            RunRecord(kind="study", name="twice", params=params, tags={"synthmix.study": "twice"} | first)
        ) as parent,
    ):
        raise SystemExit(1)
    assert stored(tracker, parent).data.tags["synthmix.error"] == "SystemExit: 1"
    with tracker.open_study(
        RunRecord(
            kind="study",
            name="twice",
            params={**params, "score": "nmi", "new": 1},
            tags={"synthmix.study": "twice"} | again,
        )
    ) as reopened:
        assert stored(tracker, parent).info.status == "RUNNING"
        reopened.log_losses({"study/finished": 9}, 0)
    entity = stored(tracker, parent)
    assert (reopened.id, entity.info.status) == (parent.id, "FINISHED")
    assert entity.data.params == {"score": "ari", "experiment": "None", "new": "1"}
    tags = entity.data.tags
    assert tags.items() >= {**again, "now.score": "nmi", "synthmix.kind": "study", "synthmix.study": "twice"}.items()
    assert "synthmix.error" not in tags
    with tracker.open_study(RunRecord(kind="study", name="another", tags={"synthmix.study": "another"})) as other:
        pass
    assert other.id != parent.id


def left_running(tracker: Tracker, kind: str, tags: Mapping[str, str]) -> str:
    run = tracker.client.create_run(tracker.experiment_id, tags={"synthmix.kind": kind, **tags})
    return str(run.info.run_id)


def test_what_killed_processes_left_running_is_closed(tracker: Tracker) -> None:
    study = {"synthmix.study": "killed"}
    with tracker.open(RunRecord(kind="cell", name="done", tags=study)) as done:
        pass
    left = [left_running(tracker, kind, study) for kind in ("cell", "generator", "cell")]
    others = [left_running(tracker, "study", study), left_running(tracker, "cell", {"synthmix.study": "alive"})]
    assert tracker.close_left_running("killed") == 3
    assert tracker.close_left_running("killed") == 0
    assert [stored(tracker, run).info.status for run in left] == ["KILLED"] * 3
    assert [stored(tracker, run).info.status for run in others] == ["RUNNING"] * 2
    assert stored(tracker, done).info.status == "FINISHED"


def test_a_run_that_is_over_is_logged_as_it_was(tracker: Tracker, tmp_path: Path) -> None:
    run_id = tracker.publish(RECORD, "the parent")
    client, entity = MlflowClient(tracker.uri), stored(tracker, run_id)
    info, tags = entity.info, entity.data.tags
    assert (info.status, info.run_name) == ("FINISHED", "gan seed 0")
    assert (info.start_time, info.end_time) == (RECORD.started_ms, RECORD.ended_ms)
    assert entity.data.params == {key: str(value) for key, value in RECORD.params.items()}
    assert entity.data.metrics == {**RECORD.metrics, "train/loss": 1 / 1500}
    assert tags.items() >= {**RECORD.tags, "synthmix.replayed": "true", "mlflow.parentRunId": "the parent"}.items()
    assert tags["synthmix.kind"] == "generator"
    assert not tags.keys() & environment_tags().keys() - RECORD.tags.keys()  # today's may be another
    history = client.get_metric_history(str(run_id), "train/loss")
    assert sorted((entry.step, entry.value) for entry in history) == list(RECORD.curves["train/loss"])
    for path, content in {**RECORD.texts, "checkpoint/generator.pt": "weights"}.items():
        assert Path(client.download_artifacts(str(run_id), path, str(tmp_path))).read_text() == content


def test_runs_are_found_by_a_tag(tracker: Tracker) -> None:
    def cell(study: str, key: str, arm: str) -> str:
        tags = {"synthmix.study": study, "synthmix.cell_key": key, "arm": arm}
        with tracker.open(RunRecord(kind="cell", name="found", tags=tags)) as run:
            pass
        return str(run.id)

    a, a_again, b = cell("found", "a", "vae"), cell("found", "a", "gan"), cell("found", "b", "vae")
    elsewhere = cell("elsewhere", "a", "vae")
    left_running(tracker, "cell", {"synthmix.study": "found", "synthmix.cell_key": "c"})

    def ids(**conditions: object) -> dict[str, list[str]]:
        found = tracker.find_runs("cell", "synthmix.cell_key", **conditions)  # type: ignore[arg-type]
        assert found is not None
        return {value: [run.id for run in runs] for value, runs in found.items() if value in "abc"}

    assert ids(study="found") == {"a": [a, a_again], "b": [b]}
    assert ids(study="found", values=["b", "c"]) == {"b": [b]}
    assert ids(values={"a"}) == {"a": [a, a_again, elsewhere]}
    assert ids(study="nobody's") == {}
    found = tracker.find_runs("cell", "synthmix.cell_key", study="found")
    assert found is not None
    assert [run.tags["arm"] for run in found["a"]] == ["vae", "gan"]
    assert tracker.find_runs("generator", "synthmix.cell_key") == {}


def test_runs_are_selected_by_a_condition_of_mlflow(tracker: Tracker) -> None:
    for ratio, kind in ((1, "cell"), (2, "cell"), (2, "generator")):
        with tracker.open(
            RunRecord(kind=kind, name="selected", params={"mix.ratio": ratio}, tags={"group": "s"})
        ) as run:
            run.log_losses({"cluster/ari": ratio / 10}, 0)
    left_running(tracker, "cell", {"group": "s"})
    condition = "metrics.`cluster/ari` > 0.15 and tags.group = 's'"
    assert [stored(tracker, run.id).data.params["mix.ratio"] for run in tracker.select("cell", condition)] == ["2"]
    assert len(tracker.select("cell", "tags.group = 's'")) == 2
    with pytest.raises(InvalidInput, match=r"^this is none: MLflow cannot search for it"):
        tracker.select("cell", "this is none")


def test_more_can_be_logged_to_a_run_that_has_ended(tracker: Tracker) -> None:
    with tracker.open(RunRecord(kind="generator", name="added to")) as run:
        pass
    assert tracker.add(str(run.id), metrics={"quality/fd_pca": 0.5}, tags={"a": "b"})
    entity = stored(tracker, run)
    assert (entity.info.status, entity.data.metrics) == ("FINISHED", {"quality/fd_pca": 0.5})
    assert entity.data.tags["a"] == "b"


@pytest.fixture
def away() -> Tracker:
    """A tracker whose server is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Tracker(f"http://127.0.0.1:{free.getsockname()[1]}", "unit")


def test_a_store_that_is_away_stops_nothing(away: Tracker) -> None:
    with away.open(RunRecord(kind="cell", name="lost", params={"a": 1})) as run:
        run.log_losses({"b": 1.0}, 0)
        run.log_text("text", "config.yaml")
        run.log_written("checkpoint/generator.pt", lambda _: pytest.fail("nobody reads it"))
        run.tag("c", "d")
    assert (run.id, run.lost) == (None, "<urlopen error [Errno 111] Connection refused>")
    assert str(away.outage).startswith(f"{away.uri}: MLflow is away (")
    assert away.publish(RECORD) is None
    assert away.find_runs("cell", "synthmix.cell_key") is None
    assert away.close_left_running("a study") == 0
    assert not away.add("a run", tags={"a": "b"})
    with pytest.raises(InvalidInput, match="refused"):
        away.select("cell", "metrics.a > 1")


def test_an_error_of_a_cell_is_not_hidden_by_an_outage(away: Tracker) -> None:
    with pytest.raises(TrainingDiverged), away.open(RunRecord(kind="cell", name="lost")):
        raise TrainingDiverged("loss is nan")


def test_a_study_is_not_begun_with_a_store_that_is_away(away: Tracker) -> None:
    with (
        pytest.raises(InvalidInput, match="refused"),
        away.open_study(RunRecord(kind="study", name="new", tags={"synthmix.study": "new"})),
    ):
        pytest.fail("it was opened")
    with pytest.raises(InvalidInput, match="refused"):
        _ = away.experiment_id


def test_a_tracker_opens_nothing_before_it_is_used(tmp_path: Path) -> None:
    Tracker(f"sqlite:///{tmp_path}/mlflow.db", "unit")
    assert list(tmp_path.iterdir()) == []


def test_telemetry_is_off() -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
