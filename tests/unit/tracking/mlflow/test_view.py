"""The view of a study in the MLflow UI. That a page draws it was looked at in a browser."""

from __future__ import annotations

import json

from mlflow import MlflowClient

from synthmix.tracking.mlflow.tracker import Tracker
from synthmix.tracking.mlflow.view import save_ratio_view


def test_a_study_has_one_view_of_its_cells(tracker: Tracker) -> None:
    with tracker.run(
        "cell", "seen", params={"mix.ratio": 1}, tags={"synthmix.study": "viewed", "synthmix.part": "sweep"}
    ) as run:
        run.log_metrics({"cluster/ari": 0.5})
    page = save_ratio_view(tracker, "viewed", ["cluster/ari", "cluster/nmi"])
    assert save_ratio_view(tracker, "viewed", ["cluster/ari", "cluster/nmi"]) == page
    assert page is not None
    assert page.startswith(f"/#/experiments/{tracker.experiment_id}/runs?")
    client = MlflowClient(tracker.uri)
    tags = client.get_experiment(tracker.experiment_id).tags
    view = json.loads(tags[f"mlflow.sharedViewState.{page.partition('viewStateShareKey=')[2]}"])
    assert view["name"].startswith("viewed: ")
    state = json.loads(view["state"])
    assert [chart["yaxis"]["key"] for chart in state["compareRunCharts"]] == ["cluster/ari", "cluster/nmi"]
    (found,) = client.search_runs([tracker.experiment_id], state["searchFilter"])
    assert found.info.run_id == run.id


def test_a_store_that_is_away_has_none() -> None:
    assert save_ratio_view(Tracker("http://127.0.0.1:1", "unit"), "viewed", ["cluster/ari"]) is None
