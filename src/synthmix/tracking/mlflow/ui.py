"""Where the MLflow UI shows what was logged."""

from __future__ import annotations

import shlex
from urllib.parse import urlencode

from synthmix.secrets import without_password
from synthmix.tracking.base import KIND, STUDY
from synthmix.tracking.mlflow.experiment import equal

LOCAL = "http://127.0.0.1:5000"  # where `synthmix ui` shows a store that is no server


def ui_command(uri: str) -> str:
    """What a user types to see a store."""
    return f"MLFLOW_TRACKING_URI={shlex.quote(without_password(uri))} synthmix ui"


def chart_address(uri: str, experiment_id: str, study: str) -> str:
    """The page that shows the arms of a study as curves over the ratio."""
    query = {
        "searchFilter": f"{equal(KIND, 'arm')} and {equal(STUDY, study)}",
        # Sorted by time, as it is otherwise, the UI folds runs into their parent and draws none of them. It draws the
        # first ten: placebo, oracle and generators stand before the other controls.
        "orderByKey": "params.`role`",
        "orderByAsc": "false",
        "startTime": "ALL",
        "compareRunsMode": "CHART",
        "workflowType": "machine_learning",  # without it the page stands among those for language models
    }
    base = without_password(uri).rstrip("/") if uri.startswith("http") else LOCAL
    return f"{base}/#/experiments/{experiment_id}/runs?{urlencode(query)}"
