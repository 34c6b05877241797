"""A study of anomaly detection, from its command to its page: the same tables and words, of another task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Command = Callable[..., Any]
SEEDS = (0, 1, 2)
THYROID = ["task=anomaly_detection", "data=adbench", "data.set=thyroid", "data.n_train=50", "quality.n_samples=50"]
SWEEP = ["-m", *THYROID, "model=gaussian,duplicate,real", "mix.ratio=0,1", "seed=0,1,2", "study.learning_curve=[0.5]"]


@pytest.fixture(scope="module")
def folder(data_root: Path, tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A study of thyroid, named `anomalies`, and a single cell of clustering in the same store."""
    if not list((data_root / "adbench").glob("*thyroid*")):
        pytest.skip(f"no set of ADBench in {data_root}")
    folder = tmp_path_factory.mktemp("anomalies")
    answer = command("run", *SWEEP, f"data.root={data_root}", "tracking.study=anomalies", folder=folder)
    assert (answer.code, "roc_auc on held-out real points" in answer.out) == (0, True)
    cell = ["data=toy", "data.n_points=300", "data.n_train=50", "data.n_val=50", "data.n_test=50", "mix.ratio=0"]
    assert command("run", *cell, "tracking.pictures=false", folder=folder).code == 0
    return folder


@pytest.fixture
def report(folder: Path) -> Path:
    return folder / "multirun" / "anomalies" / "report"


def test_the_cells_have_a_detector_and_the_scores_of_their_task(report: Path) -> None:
    cells = pd.read_csv(report / "cells.csv")
    assert len(cells) == 3 * 2 * len(SEEDS)
    assert set(cells["status"]) == {"finished"}
    assert set(cells["detector.name"]) == {"isolation_forest"}
    assert cells["anomaly/roc_auc"].between(0, 1).all()
    assert not [column for column in cells if "cluster" in column]


def test_the_primary_score_is_compared_by_seed_with_real_points_alone(report: Path) -> None:
    cells, summary = pd.read_csv(report / "cells.csv"), pd.read_csv(report / "summary.csv")
    score = cells.set_index(["model.name", "mix.ratio", "seed"])["anomaly/roc_auc"]
    assert (score["gaussian", 0] == score["duplicate", 0]).all()
    rows = summary.set_index(["arm", "mix.ratio"])
    for arm, role in {"gaussian": "generator", "duplicate": "placebo", "real": "oracle"}.items():
        row = rows.loc[(arm, 1)]
        assert (row["role"], row["detector.name"], row["seeds"]) == (role, "isolation_forest", len(SEEDS))
        assert row["mean"] == pytest.approx(score[arm, 1].mean())
        assert row["difference"] == pytest.approx((score[arm, 1] - score[arm, 0]).mean())


def test_the_learning_curve_is_that_of_real_points(report: Path) -> None:
    curve = pd.read_csv(report / "learning_curve.csv")
    assert list(zip(curve["n"], curve["source"], strict=True)) == [
        (25, "real only"),
        (50, "real only"),
        (100, "oracle"),
        (141, "oracle"),  # twice the largest mixture, and its geometric mean with that
        (200, "oracle"),
    ]
    added, cells = pd.read_csv(report / "curve_cells.csv"), pd.read_csv(report / "cells.csv")
    oracle = cells[(cells["model.name"] == "real") & (cells["mix.ratio"] == 1)]
    longer = added[added["mix.ratio"] == 3]
    for size, scores in ((25, added[added["data.n_train"] == 25]), (100, oracle), (200, longer)):
        assert curve.set_index("n").loc[size, "mean"] == pytest.approx(scores["anomaly/roc_auc"].mean())


def test_the_page_speaks_of_detectors_and_of_no_chosen_ratio(report: Path) -> None:
    words = " ".join((report / "index.html").read_text(encoding="utf-8").split())
    assert "Primary score: roc_auc, on held-out real points" in words
    assert "Seed s fixes split, generator, synthetic points and detector" in words
    assert "No score on validation points is there to choose a ratio by." in words
    assert "cluster" not in words.lower()
    assert "cluster" not in (report / "summary.tex").read_text(encoding="utf-8").lower()


def test_a_score_that_is_better_the_lower_it_is_turns_gains_round(
    folder: Path, command: Command, data_root: Path
) -> None:
    lower = [
        "tracking.study=alarms",
        "study.score=false_alarm_rate",
        "study.choose_by=roc_auc",
        f"data.root={data_root}",
    ]
    answer = command("run", *SWEEP, *lower, folder=folder)
    assert (answer.code, "nothing to compute" in answer.err) == (0, True)
    words = " ".join((folder / "multirun" / "alarms" / "report" / "index.html").read_text(encoding="utf-8").split())
    assert "Primary score: false_alarm_rate (the lower the better)" in words
    assert "roc_auc (supervised)" in words


@pytest.mark.parametrize("how", ["--dry-run", "-m"])
def test_a_study_has_one_task(how: str, folder: Path, command: Command) -> None:
    words = ["-m", "data=toy", "seed=0,1", "tracking.study=anomalies", *([how] if how != "-m" else [])]
    answer = command("run", *words, folder=folder)
    assert (answer.code, answer.out) == (2, "")
    assert (
        answer.err == "tracking.study=anomalies: its task is anomaly_detection; task=clustering needs another study\n"
    )


def test_a_report_is_of_one_task(folder: Path, command: Command, tmp_path: Path) -> None:
    condition = "params.seed = '0' and params.`mix.ratio` = '0.0'"
    answer = command("report", condition, "--out", str(tmp_path / "out"), folder=folder)
    assert (answer.code, answer.out) == (2, "")
    told = f"{condition}: selects cells of several tasks (anomaly_detection, clustering); choose one by task.name\n"
    assert answer.err == told
    assert not (tmp_path / "out").exists()
    answer = command("report", f"{condition} and params.`task.name` = 'anomaly_detection'", folder=folder)
    assert answer.code == 0
