"""Experiments, and searches in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from synthmix.errors import InvalidInput
from synthmix.tracking.mlflow import experiment as tracking_experiment
from synthmix.tracking.mlflow.experiment import equal, search
from synthmix.tracking.mlflow.tracker import Tracker


def test_an_experiment_is_made_once(tracker: Tracker) -> None:
    assert Tracker(tracker.uri, "unit").experiment_id == tracker.experiment_id
    assert Tracker(tracker.uri, "another").experiment_id != tracker.experiment_id


def test_its_artifacts_lie_beside_the_database(tracker: Tracker) -> None:
    location = Path(tracker.uri.removeprefix("sqlite:///")).parent / "mlartifacts" / "unit"
    assert MlflowClient(tracker.uri).get_experiment(tracker.experiment_id).artifact_location == location.as_uri()


def test_one_that_was_deleted_is_refused(tracker: Tracker) -> None:
    MlflowClient(tracker.uri).delete_experiment(Tracker(tracker.uri, "deleted").experiment_id)
    with pytest.raises(InvalidInput, match=r"tracking\.experiment=deleted: was deleted in MLflow"):
        _ = Tracker(tracker.uri, "deleted").experiment_id


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_a_search_gives_all_pages_in_the_order_of_time(
    tracker: Tracker, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_experiment, "PAGE", page)
    client, experiment = tracker.client, Tracker(tracker.uri, f"pages of {page}").experiment_id
    started = [3, 1, 2]
    for time in started:
        client.create_run(experiment, start_time=time, tags={"of": "a 'quoted' name"})
    client.create_run(experiment, tags={"of": "another"})
    found = [run.info.start_time for run in search(client, experiment, [equal("of", "a 'quoted' name")])]
    assert found == sorted(started)
