"""tracking=none: everything is computed and reported, nothing is logged, and MLflow need not even be there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

SMALL = ["data.n_train=50", "quality.n_samples=50", "trainer.limit_steps=20", "trainer.log_every=10", "tracking=none"]
WITHOUT_MLFLOW = """
import sys
sys.modules["mlflow"] = None  # importing it raises ImportError
from synthmix.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(folder: Path, *words: str) -> str:
    command = [sys.executable, "-c", WITHOUT_MLFLOW, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_study_and_its_report_and_a_cell_do_without_mlflow(tmp_path: Path, process: Callable[..., Any]) -> None:
    study = ["run", "-m", "model=gan,duplicate", "mix.ratio=0,1", "seed=0,1", "tracking.study=quiet", *SMALL]
    assert "study quiet; nothing was logged: tracking=none\n" in run(tmp_path, *study)
    report = tmp_path / "multirun" / "quiet" / "report"
    cells = report / "cells.csv"
    assert (pd.read_csv(cells)["status"] == "finished").all()
    assert "MLflow store" not in (report / "index.html").read_text()
    written = cells.read_bytes()
    assert "nothing to compute" not in run(tmp_path, "report", "last")
    assert cells.read_bytes() == written
    assert run(tmp_path, "run", "model=vae", *SMALL).endswith("nothing was logged: tracking=none\n")
    assert not [*tmp_path.rglob("mlflow.db"), *tmp_path.rglob("mlartifacts"), *tmp_path.rglob("mlruns")]
    # What was not logged then can be logged later.
    answer = process("store", "rebuild-tracking", folder=tmp_path)
    assert answer.out.startswith("15 cells of 1 studies and of single runs are in sqlite:///"), answer.err
