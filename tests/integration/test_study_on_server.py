"""A study that logs to a team's MLflow server over PostgreSQL: four workers, and a server that goes away."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run

STUDY = [
    *("run", "-m", "model=gan,duplicate,jitter", "mix.ratio=0,1", "seed=0,1", "clusterer=kmeans,minibatch_kmeans"),
    *("data.n_train=50", "quality.n_samples=100", "trainer.limit_steps=20", "study.learning_curve=[0.5]"),
]
CELLS, ADDED, TRAININGS = 24, 4, 2


def test_four_workers_log_every_metric_of_every_cell(
    postgresql_server: Any, process: Callable[..., Any], runs_in: Callable[..., list[Run]], tmp_path: Path
) -> None:
    words = [*STUDY, "hydra/launcher=joblib", "hydra.launcher.n_jobs=4", "tracking.study=four-workers"]
    answer = process(*words, f"tracking.uri={postgresql_server.uri}", folder=tmp_path)
    assert answer.code == 0, answer.err
    assert "away" not in answer.out + answer.err
    check_projection(tmp_path, [run for run in runs_in(postgresql_server.uri) if of_study(run, "four-workers")])
    assert not list(tmp_path.rglob("mlflow.db"))


def of_study(run: Run, name: str) -> bool:
    return run.data.tags.get("synthmix.study") == name


def check_projection(folder: Path, runs: list[Run]) -> None:
    """MLflow has each cell of the study's table once, with every metric that stands there."""
    assert not [run.info.run_name for run in runs if run.info.status in ("RUNNING", "FAILED")]
    finished = {kind: [run for run in runs if is_finished(run, kind)] for kind in ("study", "cell", "generator")}
    assert {kind: len(found) for kind, found in finished.items()} == {
        "study": 1,
        "cell": CELLS + ADDED,
        "generator": TRAININGS,
    }
    (report,) = folder.glob("multirun/*/report")
    cells = pd.read_csv(report / "cells.csv")
    assert (cells["status"] == "finished").all()
    by_id = {run.info.run_id: run for run in finished["cell"]}
    keys = [name for name in cells if "/" not in name and name != "status"]
    run_ids = pd.read_csv(report / "runs.csv").set_index(keys)["run_id"]
    for row in cells.to_dict("records"):
        run = by_id[run_ids[tuple(row[key] for key in keys)]]
        assert {key: run.data.params[key] for key in keys} == {key: str(row[key]) for key in keys}
        metrics = {name: value for name, value in run.data.metrics.items() if not name.startswith("time/")}
        assert metrics == {name: row[name] for name in row if "/" in name and not pd.isna(row[name])}
        assert {"time/clusterer_s", "time/representation_s"} <= set(run.data.metrics)
    for run in finished["generator"]:
        assert {"train/generator_loss", "quality/fd_pca", "time/generator_s"} <= set(run.data.metrics)


def is_finished(run: Run, kind: str) -> bool:
    return (run.data.tags["synthmix.kind"], run.info.status) == (kind, "FINISHED")


def test_a_server_that_goes_away_in_the_middle_is_completed_by_the_next_command(
    postgresql_server: Any, command: Callable[..., Any], warm: Any, runs_in: Callable[..., list[Run]], tmp_path: Path
) -> None:
    uri = postgresql_server.uri
    words = [*STUDY, "tracking.study=outage", f"tracking.uri={uri}"]
    with subprocess.Popen(
        warm.words("-m", "synthmix", *words),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as study:
        try:
            deadline = time.monotonic() + 120
            while stages(tmp_path)["cell"] < 6 and study.poll() is None:
                assert time.monotonic() < deadline, "waited two minutes"
                time.sleep(0.05)
            postgresql_server.stop()
            out, err = study.communicate(timeout=200)
        finally:
            study.kill()
            postgresql_server.stop()
            postgresql_server.start()
    assert study.returncode == 0, err
    (line,) = [line for line in out.splitlines() if "MLflow is away" in line]
    assert line in {  # a request may be under way when the server dies
        f"{uri}: MLflow is away ({reason}); the work goes on; it can be logged later"
        for reason in ("Connection refused", "Connection reset by peer", "the connection broke off")
    }
    assert "Traceback" not in err
    done = stages(tmp_path)
    assert done == Counter(cell=16 + 4, scores=16 + 4, generator=2, pool=2, quality=6)
    (report,) = tmp_path.glob("multirun/*/report")
    table = (report / "cells.csv").read_bytes()
    assert (pd.read_csv(report / "cells.csv")["status"] == "finished").all()

    answer = command(*words, folder=tmp_path)
    assert answer.code == 0
    assert "away" not in answer.out
    assert stages(tmp_path) == done
    assert (report / "cells.csv").read_bytes() == table
    check_projection(tmp_path, [run for run in runs_in(uri) if of_study(run, "outage")])
    (parent,) = [run for run in runs_in(uri, "study") if of_study(run, "outage")]
    logged = MlflowClient(uri).download_artifacts(parent.info.run_id, "report/cells.csv")
    assert Path(logged).read_bytes() == table


def stages(folder: Path) -> Counter[str]:
    """How many stages of each kind were computed to their end."""
    file = folder / ".synthmix" / "journal.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return Counter(json.loads(line)["stage"] for line in lines)
