"""What publishing a record comes to: live, with losses that were streamed before, and over arms that change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from synthmix.tracking.base import DataUsed, RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

HEAD = RunRecord(kind="generator", name="live", params={"seed": 1}, tags={"a": "1"}, texts={"config.yaml": "seed: 1\n"})
WHOLE = replace(
    HEAD,
    metrics={"time/generator_s": 2.0},
    curves={"train/loss": [(1, 0.5), (2, 0.25), (3, 0.125)]},
    tags={"a": "2", "b": "3"},
    data=[DataUsed(name="digits", digest="0" * 64, shape=[1797, 1, 8, 8])],
    note="It went well.",
)


def test_what_was_streamed_is_not_logged_twice_and_the_rest_is(tracker: Tracker) -> None:
    client = MlflowClient(tracker.uri)
    with tracker.open(HEAD) as run:
        run.log_losses({"train/loss": 0.5}, 1)
        run.send()
        assert client.get_run(run.id).data.metrics == {"train/loss": 0.5}
        run.log_losses({"train/loss": 0.25}, 2)
        run.publish(WHOLE)
    entity = client.get_run(run.id)
    history = client.get_metric_history(run.id, "train/loss")
    assert [(entry.step, entry.value) for entry in history] == [(1, 0.5), (2, 0.25), (3, 0.125)]
    assert entity.data.metrics["time/generator_s"] == 2
    assert entity.data.tags.items() >= {"a": "2", "b": "3", "mlflow.note.content": "It went well."}.items()
    (data,) = entity.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("digits", "0" * 36)
    assert '"shape": [1797, 1, 8, 8]' in data.dataset.profile


def test_a_run_that_fails_has_the_config_with_which_it_was_begun(tracker: Tracker) -> None:
    with pytest.raises(MemoryError), tracker.open(HEAD, "the study") as run:
        raise MemoryError
    entity = MlflowClient(tracker.uri).get_run(run.id)
    assert (entity.info.status, entity.data.params) == ("FAILED", {"seed": "1"})
    path = MlflowClient(tracker.uri).download_artifacts(run.id, "config.yaml")
    assert Path(path).read_text() == "seed: 1\n"


def arm(name: str, *points: tuple[int, float]) -> RunRecord:
    tags = {"synthmix.study": "with arms"}
    return RunRecord(kind="arm", name=name, params={"arm": name}, tags=tags, curves={"cluster/ari": points})


def test_arms_are_renewed_and_never_doubled(tracker: Tracker) -> None:
    client = MlflowClient(tracker.uri)

    def arms() -> dict[str, str]:
        condition = "tags.`synthmix.kind` = 'arm' and tags.`synthmix.study` = 'with arms'"
        found = client.search_runs([tracker.experiment_id], condition)
        assert len({run.info.run_name for run in found}) == len(found)
        assert {run.data.tags["mlflow.parentRunId"] for run in found} == {"the study"}
        return {run.info.run_name: run.info.run_id for run in found}

    tracker.publish_arms("with arms", [arm("gan", (0, 0.5), (1000, 0.6)), arm("vae", (0, 0.5))], "the study")
    first = arms()
    tracker.publish_arms("with arms", [arm("gan", (0, 0.5), (1000, 0.7)), arm("vae", (0, 0.5))], "the study")
    again = arms()
    assert first["vae"] == again["vae"]
    assert first["gan"] != again["gan"]
    history = client.get_metric_history(again["gan"], "cluster/ari")
    assert [(entry.step, entry.value) for entry in history] == [(0, 0.5), (1000, 0.7)]
    tracker.publish_arms("with arms", [arm("vae", (0, 0.5))], "the study")
    assert arms() == {"vae": first["vae"]}


def test_the_address_of_the_curves_selects_the_arms_of_one_study(tracker: Tracker) -> None:
    address = tracker.chart("with arms")
    assert address is not None
    assert address.startswith(f"http://127.0.0.1:5000/#/experiments/{tracker.experiment_id}/runs?searchFilter=")
    assert "compareRunsMode=CHART" in address
    assert Tracker("http://127.0.0.1:1", "unit").chart("with arms") is None
