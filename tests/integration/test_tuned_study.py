"""A study whose learner is tuned: the cells as configured beside it, in tables, in MLflow, and whatever is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.entities import Run

from synthmix.stages.store import Store
from synthmix.study.record import Studies

Command = Callable[..., Any]
TOY = ["data=toy", "data.n_points=400", "data.n_train=50", "data.n_val=50", "data.n_test=50", "quality.n_samples=50"]
STUDY = ["run", "-m", "model=duplicate,real", "mix.ratio=0,1", "seed=0,1", *TOY, "study.learning_curve=[0.5]"]
STUDY += ["clusterer=kmeans,gmm", "clusterer.n_clusters=3", "clusterer.n_init=1", "tracking.study=tuned"]
TABLES = ("cells.csv", "configured_cells.csv", "candidates.csv", "curve_cells.csv", "summary.csv")
KEYS = ["model.name", "clusterer.name", "mix.ratio", "seed"]
# Seeds × learners × (half of n, and the oracle at 100·√2 and 200).
N_CURVE = 2 * 2 * 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    answer = command(*STUDY, folder=folder)
    assert answer.code == 0
    return folder


def report_of(folder: Path) -> Path:
    return folder / "multirun" / "tuned" / "report"


def tables_in(folder: Path) -> dict[str, bytes]:
    return {name: (report_of(folder) / name).read_bytes() for name in TABLES}


def test_tuned_cells_and_those_as_configured_have_a_row_each(folder: Path) -> None:
    cells, configured = (pd.read_csv(report_of(folder) / name) for name in ("cells.csv", "configured_cells.csv"))
    assert (len(cells), len(configured)) == (2 * 2 * 2 * 2, 2 * 2 * 2)
    tuned = cells[cells["clusterer.name"] == "gmm"].reset_index(drop=True)
    pd.testing.assert_frame_equal(tuned[KEYS], configured[KEYS])
    assert tuned["tuned/reg_covar"].notna().all()
    assert set(tuned["tuning/criterion"]) == {"held_out_loss"}
    by_seed = tuned.groupby("seed")[["tuned/reg_covar", "tuned/covariance_type"]].nunique()
    assert (by_seed == 1).all(axis=None)  # one choice for all arms and ratios
    assert (tuned["cluster/silhouette"] != configured["cluster/silhouette"]).any()
    kmeans = cells[cells["clusterer.name"] == "kmeans"]
    assert kmeans[["tuned/reg_covar", "tuning/criterion"]].isna().all(axis=None)


def test_the_score_of_each_candidate_by_labels_stands_beside_the_choice(folder: Path) -> None:
    cells, candidates = (pd.read_csv(report_of(folder) / name) for name in ("cells.csv", "candidates.csv"))
    candidates = candidates[candidates["data.n_train"] == 50]
    baseline = cells[(cells["clusterer.name"] == "gmm") & (cells["mix.ratio"] == 0)].drop_duplicates("seed")
    chosen = candidates[candidates["chosen"]]
    assert chosen["seed"].tolist() == [0, 1]
    assert chosen["cluster/ari"].tolist() == pytest.approx(baseline["cluster/ari"].tolist())
    settings = [f"reg_covar={r:g} covariance_type={c}" for r, c in zip(
        baseline["tuned/reg_covar"], baseline["tuned/covariance_type"], strict=True)]  # fmt: skip
    assert [text.replace("1.0", "1") for text in chosen["settings"]] == settings
    assert candidates.groupby("seed").size().tolist() == [10, 10]  # 3 × 3 candidates, and the config's own


def test_each_cell_is_a_run_that_says_what_it_is_of(folder: Path, runs_in: Callable[..., list[Run]]) -> None:
    runs = runs_in(folder, "cell")
    parts = Counter(run.data.tags["synthmix.part"] for run in runs)
    assert parts == {"sweep": 16, "configured": 8, "curve": N_CURVE}
    for run in runs:
        is_tuned = run.data.params["clusterer.name"] == "gmm" and run.data.tags["synthmix.part"] != "configured"
        assert ("tuned.reg_covar" in run.data.params) == is_tuned
        assert run.data.params["tuning"] == ("none" if run.data.tags["synthmix.part"] == "configured" else "held_out")


def test_what_is_lost_is_computed_again_and_nothing_else(folder: Path, command: Command, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    record, store = Studies(tmp_path / "copy" / ".synthmix").read("tuned"), Store(tmp_path / "copy" / ".synthmix")
    lost = [next(iter(part.values())).key for part in (record.configured, record.curve)]
    tuning = next(asked.depends_on().tuning for asked in record.cells.values() if asked.depends_on().tuning)
    assert tuning is not None
    for stage, key in [*(("cell", key) for key in lost), ("tuning", tuning.key)]:
        store.remove(stage, key)
    answer = command(*STUDY, "--dry-run", folder=tmp_path / "copy")
    assert f"{len(lost)} of " in answer.out
    assert f"16 asked for, {N_CURVE} added for the baseline and the learning curve, 8 as configured" in answer.out
    assert command(*STUDY, folder=tmp_path / "copy").code == 0
    assert tables_in(tmp_path / "copy") == tables_in(folder)


def test_nothing_that_a_tuned_study_needs_is_pruned(folder: Path, command: Command) -> None:
    answer = command("store", "prune", "--unreferenced", "--dry-run", folder=folder)
    assert answer.out.startswith("0 entries would be removed")


def test_a_named_study_keeps_its_tuning(folder: Path, command: Command) -> None:
    answer = command(*STUDY, "tuning=none", folder=folder)
    assert (answer.code, answer.err) == (
        2,
        "tracking.study=tuned: its tuning is held_out; tuning=none needs another study\n",
    )


def test_a_mixture_that_regularises_too_little_is_helped_as_tuning_helps(command: Command) -> None:
    """Known answer: three groups in twenty dimensions, sixty points, full covariances with next to nothing added.

    Components collapse, and synthetic points mend it; so does a label-free choice of `reg_covar`. Against the baseline
    as configured alone it would be called a help.
    """
    words = ["data=toy", "data.shape=blobs", "data.n_clusters=3", "data.dimension=20", "data.separation=6"]
    words += ["data.n_points=2000", "data.n_train=60", "data.n_val=50", "data.n_test=300", "quality.n_samples=50"]
    words += ["clusterer=gmm", "clusterer.n_clusters=3", "clusterer.n_init=2", "clusterer.reg_covar=1e-6"]
    words += ["clusterer.search={reg_covar:[0.01,0.1,1.0]}", "model=gmm,duplicate", "mix.ratio=0,4", "seed=range(8)"]
    words += ["study.learning_curve=[]", "study.margin=0.05", "tracking=none", "tracking.study=known"]
    assert command("run", "-m", *words).code == 0
    summary = pd.read_csv("multirun/known/report/summary.csv")
    of_gmm = summary[(summary["model.name"] == "gmm") & (summary["mix.ratio"] == 4)].iloc[0]
    assert of_gmm["verdict"] == "as_tuning"
    assert of_gmm["configured_low"] > 0.3
    assert abs(of_gmm["difference"]) < 0.05


def test_mlflow_can_be_made_again_from_the_store(
    folder: Path, process: Command, runs_in: Callable[..., list[Run]]
) -> None:
    def told(where: Path) -> list[tuple[str, str, dict[str, str]]]:
        found = [(run.info.run_name, run.data.tags["synthmix.part"], run.data.params) for run in runs_in(where, "cell")]
        return sorted(found, key=lambda run: (*run[:2], str(sorted(run[2].items()))))

    before = told(folder)
    (folder / "mlflow.db").unlink()
    assert process("store", "rebuild-tracking", folder=folder).code == 0
    # Under another name, since this process has the deleted file still open.
    assert told(folder / ".." / folder.name) == before
