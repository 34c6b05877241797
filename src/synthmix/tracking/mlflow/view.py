"""A view of the MLflow UI for a study: its cells as points, score against ratio, without a click.

The UI keeps a view as a tag of the experiment, in a form that is not documented: what its own "Save view" writes in
MLflow 3.16 and 3.17. Where a later one reads it no more, the page opens without the charts.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

from synthmix.tracking.mlflow.connection import StoreAway
from synthmix.tracking.mlflow.experiment import equal
from synthmix.tracking.mlflow.tracker import STUDY, Tracker

TAG = "mlflow.sharedViewState."
SHOWN = 500  # cells in a chart at most


def save_ratio_view(tracker: Tracker, study: str, scores: Sequence[str]) -> str | None:
    """Saves the view of a study with a chart for each score, `cluster/ari` for instance.

    Returns:
        The page, to be appended to the address of the UI (`/#/experiments/…`); None where the store is away.
    """
    name = f"synthmix-{hashlib.sha256(study.encode()).hexdigest()[:12]}"
    now = int(time.time() * 1000)
    view = {
        "name": f"{study}: score against ratio",
        "createdAt": now,
        "updatedAt": now,
        "state": json.dumps(_state(study, scores)),
    }

    def save() -> str:
        tracker.client.set_experiment_tag(tracker.experiment_id, f"{TAG}{name}", json.dumps(view))
        # Without the type the page stands among those for language models.
        query = f"workflowType=machine_learning&compareRunsMode=CHART&viewStateShareKey={name}"
        return f"/#/experiments/{tracker.experiment_id}/runs?{query}"

    try:
        return tracker.connection.ask(save)
    except StoreAway:
        return None


def _state(study: str, scores: Sequence[str]) -> dict[str, Any]:
    return {
        "searchFilter": f"{equal(STUDY, study)} and {equal('synthmix.part', 'sweep')}",
        # Sorted by time, the UI folds the cells into their parent and draws none of them. Sorted by seed, every model
        # and ratio is among the hundred runs that it loads at first.
        "orderByKey": "params.`seed`",
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "runsHiddenMode": "SHOW_ALL",
        "isAccordionReordered": True,
        "compareRunSections": [_section()],
        "compareRunCharts": [_chart(score) for score in scores],
    }


def _section() -> dict[str, Any]:
    looks = {"display": True, "isReordered": True, "deleted": False, "isGenerated": False}
    return {"uuid": "ratio", "name": "score against ratio", "columns": 1, "cardHeight": 520, **looks}


def _chart(score: str) -> dict[str, Any]:
    return {
        "uuid": f"ratio-{score}",
        "type": "SCATTER",
        "xaxis": {"key": "mix.ratio", "type": "PARAM"},
        "yaxis": {"key": score, "type": "METRIC"},
        "metricSectionId": "ratio",
        "runsCountToCompare": SHOWN,
        "deleted": False,
        "isGenerated": False,
    }
