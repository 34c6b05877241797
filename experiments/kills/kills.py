"""Kills a study again and again, resumes it, and compares it with one that nobody disturbed.

    python experiments/kills/kills.py --kills 20 --out kills.json

SIGKILL goes to the whole process group at random moments, most of them counted from the first job that the attempt
begins, one in four from the start of the process, so that start and planning are hit too. What must hold in the end:
equal cells.csv, byte for byte; no MLflow run left RUNNING; no stage computed twice to the end.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mlflow import MlflowClient

STUDY = [
    "run",
    "-m",
    "model=vae,duplicate,jitter",
    "mix.ratio=0,0.5,1,2",
    "seed=range(3)",
    "clusterer=kmeans,som",
    "trainer.limit_steps=400",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--workers", type=int, default=2, help="1: the basic launcher; more: joblib")
    parser.add_argument("--out", type=Path, help="also write the result here, as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = kill_and_compare(Path(folder), given)
    print(json.dumps(result, indent=1))
    if given.out is not None:
        given.out.write_text(json.dumps(result, indent=1) + "\n")
    good = result["cells_csv_equal"] and not result["left_running"] and not result["computed_twice"]
    return int(not (good and result["kills"] == given.kills))


def kill_and_compare(folder: Path, given: argparse.Namespace) -> dict[str, object]:
    words = list(STUDY)
    if given.workers > 1:
        words += ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={given.workers}"]
    undisturbed, disturbed = folder / "undisturbed", folder / "disturbed"
    undisturbed.mkdir()
    disturbed.mkdir()
    study = start(words, undisturbed)
    await_job(study, undisturbed, before=0)
    begun = time.monotonic()
    while not journal(undisturbed):
        time.sleep(0.02)
    first = time.monotonic() - begun
    study.wait()
    reach = reach_of(first, time.monotonic() - begun - first, given.kills)
    moments = random.Random(given.seed)
    done: list[int] = []
    for kill in range(given.kills):
        before = attempts(disturbed)
        study = start(words, disturbed)
        if kill % 4:
            await_job(study, disturbed, before)
        time.sleep(moments.uniform(0, reach if kill % 4 else 2 * reach))
        if study.poll() is not None:
            break  # it has come to its end before all kills were spent
        os.killpg(study.pid, signal.SIGKILL)
        study.wait()
        done.append(len(journal(disturbed)))
    code = start(words, disturbed).wait()
    twice = [key for key, count in Counter(journal(disturbed)).items() if count > 1]
    return {
        "cells": len(table(undisturbed).splitlines()) - 1,
        "kills": len(done),
        "stages_after_each_kill": done,
        "exit_code": code,
        "cells_csv_equal": table(undisturbed) == table(disturbed),
        "left_running": runs(disturbed, "RUNNING"),
        "killed_runs": runs(disturbed, "KILLED"),
        "stages": len(journal(undisturbed)),
        "computed_twice": twice,
    }


def reach_of(first: float, rest: float, kills: int) -> float:
    """The latest moment of a kill, so that all of them together leave most of the work, or chance may end it early.

    An attempt has stored nothing before `first` seconds have passed, and what it stores afterwards it keeps: killed at
    a moment between 0 and first + x, it gets ahead by x² / 2 (first + x) seconds on average.
    """
    share = 0.4 * rest / kills
    return first + (share + math.sqrt(share**2 + 4 * share * first)) / 2


def start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """The study in a process group of its own."""
    log = (folder / "log.txt").open("ab")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "synthmix", *words]
    return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, env=environment)


def attempts(folder: Path) -> int:
    """How many attempts have begun a job."""
    return len({file.parents[2] for file in folder.glob("multirun/*/*/*/.hydra/overrides.yaml")})


def await_job(study: subprocess.Popen[bytes], folder: Path, before: int) -> None:
    """Waits until the study begins its first job, or ends."""
    while study.poll() is None and attempts(folder) == before:
        time.sleep(0.02)


def table(folder: Path) -> str:
    """The study's cells.csv."""
    (found,) = folder.glob("multirun/*/report/cells.csv")
    return found.read_text()


def journal(folder: Path) -> list[tuple[str, str]]:
    """Every stage that was computed to its end."""
    file = folder / ".synthmix" / "journal.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(line["stage"], line["key"]) for line in map(json.loads, lines)]


def runs(folder: Path, status: str) -> int:
    """How many MLflow runs have this status."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("synthmix")
    assert experiment is not None
    return len(client.search_runs([experiment.experiment_id], f"attributes.status = '{status}'", max_results=5000))


if __name__ == "__main__":
    sys.exit(main())
