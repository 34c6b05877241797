"""`synthmix report`: a study's report once more, by its name, its beginning, `last`, or over what a filter selects."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow import MlflowClient

Command = Callable[..., Any]
SMALL = ["mix.ratio=0,1", "seed=0,1", "data.n_train=50", "quality.n_samples=50", "study.learning_curve=[0.5]"]
TABLES = ("cells.csv", "learning_curve.csv", "runs.csv", "summary.csv", "summary.tex", "index.html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """Two studies, of copies and of jittered copies, of which the second is the newer one."""
    folder = tmp_path_factory.mktemp("report")
    for name, model in (("copies", "duplicate"), ("jittered", "jitter")):
        words = ["-m", f"model={model}", f"tracking.study={name}", *SMALL]
        assert command("run", *words, folder=folder).code == 0
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES[:-1]}


def test_the_last_study_is_reported_in_its_own_folder(folder: Path, command: Command) -> None:
    report = folder / "multirun" / "jittered" / "report"
    before = files_in(report)
    (report / "cells.csv").unlink()
    answer = command("report", "last", folder=folder)
    assert (answer.code, answer.err) == (0, "")
    assert files_in(report) == before
    assert "report: multirun/jittered/report/index.html\n" in answer.out
    assert "jitter" in answer.out


def test_a_study_is_found_by_the_beginning_of_its_name(folder: Path, command: Command, tmp_path: Path) -> None:
    words = ["--out", str(tmp_path / "far" / "away"), "--figures", "png,svg"]
    answer = command("report", "cop", *words, folder=folder)
    assert answer.code == 0
    drawn = {path.suffix for path in (tmp_path / "far" / "away" / "figures").iterdir()}
    assert drawn == {".png", ".svg"}
    assert files_in(tmp_path / "far" / "away") == files_in(folder / "multirun" / "copies" / "report")
    assert {path.name for path in (tmp_path / "far" / "away").iterdir()} >= {*TABLES, "cells.parquet", "figures"}


def test_a_format_that_no_figure_has_is_one_line(folder: Path, command: Command) -> None:
    answer = command("report", "cop", "--figures", "png,gif", folder=folder)
    assert answer.code == 2
    assert answer.err == "--figures=png,gif: 'gif' is no format; allowed: png, pdf, svg\n"


def test_it_is_logged_to_the_run_that_the_study_has(folder: Path, command: Command, runs_in: Any) -> None:
    before = {run.info.run_id: run.info.status for run in runs_in(folder)}
    assert command("report", "copies", folder=folder).code == 0
    assert {run.info.run_id: run.info.status for run in runs_in(folder)} == before
    (parent,) = [run for run in runs_in(folder, "study") if run.info.run_name == "copies"]
    logged = MlflowClient(f"sqlite:///{folder}/mlflow.db").download_artifacts(parent.info.run_id, "report/cells.csv")
    assert Path(logged).read_bytes() == (folder / "multirun" / "copies" / "report" / "cells.csv").read_bytes()


def test_a_reader_that_goes_away_loses_nothing(folder: Path, runs_in: Any, warm: Any) -> None:
    """As `synthmix report last | head -1` may do."""
    reader, writer = os.pipe()
    os.close(reader)
    words = warm.words("-m", "synthmix", "report", "copies")
    done = subprocess.run(words, cwd=folder, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
    assert {run.info.status for run in runs_in(folder, "study")} == {"FINISHED"}


def test_a_filter_of_mlflow_selects_cells_of_any_study(folder: Path, command: Command, tmp_path: Path) -> None:
    condition = "params.seed = '1' and params.`data.n_train` = '50'"
    answer = command("report", condition, "--out", str(tmp_path / "out"), folder=folder)
    assert (answer.code, answer.err) == (0, "")
    cells = pd.read_csv(tmp_path / "out" / "cells.csv")
    found = list(zip(cells["model.name"], cells["mix.ratio"], cells["seed"], strict=True))
    assert found == [(model, ratio, 1) for model in ("duplicate", "jitter") for ratio in (0.0, 1.0)]
    studies = [pd.read_csv(folder / "multirun" / name / "report" / "cells.csv") for name in ("copies", "jittered")]
    expected = pd.concat([study[study["seed"] == 1] for study in studies], ignore_index=True)
    pd.testing.assert_frame_equal(cells, expected)


def test_a_part_of_one_study_is_shown_as_part_of_it(folder: Path, command: Command, tmp_path: Path) -> None:
    """Curve and tests are those of the study: the numbers do not change with what is looked at."""
    condition = "tags.`synthmix.study` = 'copies' and params.seed = '1' and params.`mix.ratio` = '1'"
    answer = command("report", condition, "--out", str(tmp_path / "out"), folder=folder)
    assert (answer.code, answer.err) == (0, "")
    whole = folder / "multirun" / "copies" / "report"
    cells, all_cells = pd.read_csv(tmp_path / "out" / "cells.csv"), pd.read_csv(whole / "cells.csv")
    assert cells["seed"].tolist() == [1]
    shown = all_cells[(all_cells["seed"] == 1) & (all_cells["mix.ratio"] == 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(cells, shown)
    assert len(pd.read_csv(tmp_path / "out" / "runs.csv")) == 1
    for name in ("summary.csv", "learning_curve.csv", "curve_cells.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()


WRONG = [
    ("nothing", "nothing: no such study; allowed: last, copies, jittered\n"),
    ("", ": more than one study; allowed: last, copies, jittered\n"),
    ("params.seed = '99'", "params.seed = '99': selects no cell in sqlite:///"),
    ("params.`mix.ratio` = '2'", "params.`mix.ratio` = '2': selects no cell in sqlite:///"),
    ("params.seed === 1", "params.seed === 1: MLflow cannot search for it ("),
    ("metrics.`cluster/ari` > 0.5", "metrics.`cluster/ari` > 0.5: metrics.cluster/ari is an outcome, and cells chosen"),
    ('params.seed IN ("0", "1")', 'params.seed IN ("0", "1"): MLflow cannot search for it ('),
    ('tags.`synthmix.alarm.memorisation` LIKE "%"', 'tags.`synthmix.alarm.memorisation` LIKE "%": tags.synthmix.alarm'),
    ("attributes.status = 'FAILED'", "attributes.status = 'FAILED': attributes.status is an outcome"),
]


@pytest.mark.parametrize(("study", "line"), WRONG, ids=[study for study, _ in WRONG])
def test_a_study_that_is_not_there_is_told_in_one_line(study: str, line: str, folder: Path, command: Command) -> None:
    answer = command("report", study, folder=folder)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1


def test_what_a_condition_may_compare_is_told(folder: Path, command: Command) -> None:
    assert command("report", "params.`mix.ratio` = '2'", folder=folder).err.endswith("; mix.ratio has 0.0, 1.0\n")
    lists = command("report", "params.seed IN ('0', '1')", folder=folder)
    assert lists.err.endswith("by =, !=, LIKE or ILIKE with a quoted text, conditions joined by AND\n")


def test_where_nothing_was_run_that_is_told(command: Command, tmp_path: Path) -> None:
    answer = command("report", "last")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("--store=.synthmix: no such folder; ")
    assert list(tmp_path.iterdir()) == []


def test_without_a_study_the_usage_is_told(command: Command) -> None:
    answer = command("report")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "STUDY" in answer.err
