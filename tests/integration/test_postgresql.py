"""An MLflow server over PostgreSQL, as a team has it, with several processes that log to it at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from synthmix.tracking.mlflow.tracker import Tracker

WORKERS, CELLS = 4, 10

# A process that logs cells, each with what an ordinary one has.
WORKER = """
import sys
from dataclasses import replace
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

uri, worker, cells = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
tracker = Tracker(uri, "at once")
for cell in range(cells):
    tags = {"synthmix.study": "at once", "synthmix.cell_key": f"{worker} {cell}"}
    head = RunRecord(kind="cell", name=f"{worker} {cell}", params={f"p.{i}": i * cell for i in range(60)}, tags=tags)
    with tracker.open(head, "the study") as run:
        for step in range(1, 6):
            run.log_losses({"train/loss": worker + 1 / step}, step)
            run.send()
        scores = {f"cluster/score_{i}": worker * 1000 + cell + i / 64 for i in range(40)}
        run.publish(replace(head, metrics=scores, texts={"config.yaml": f"seed: {cell}"}))
    assert run.lost is None, run.lost
"""


def test_four_processes_log_at_once_and_nothing_is_lost(postgresql_server: Any, tmp_path: Path) -> None:
    uri = postgresql_server.uri
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, uri, str(worker), str(CELLS)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        for worker in range(WORKERS)
    ]
    errors = [worker.communicate(timeout=300)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WORKERS, errors
    found = Tracker(uri, "at once").find_runs("cell", "synthmix.cell_key", study="at once")
    assert found is not None
    assert {key: len(runs) for key, runs in found.items()} == {
        f"{worker} {cell}": 1 for worker in range(WORKERS) for cell in range(CELLS)
    }
    client = MlflowClient(uri)
    for key, (logged,) in found.items():
        worker, cell = map(int, key.split())
        run = client.get_run(logged.id)
        assert run.data.params == {f"p.{i}": str(i * cell) for i in range(60)}
        scores = {f"cluster/score_{i}": worker * 1000 + cell + i / 64 for i in range(40)}
        assert run.data.metrics == {**scores, "train/loss": worker + 1 / 5}
        history = client.get_metric_history(logged.id, "train/loss")
        assert [(entry.step, entry.value) for entry in history] == [(s, worker + 1 / s) for s in range(1, 6)]
        assert [artifact.path for artifact in client.list_artifacts(logged.id)] == ["config.yaml"]
