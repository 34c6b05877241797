"""Studies from the command line: their cells, their table, and what they compute once."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run

MODELS, RATIOS, SEEDS = ("gan", "duplicate", "real"), (0.0, 1.0, 30.0), (0, 1)
SWEEP = [f"{key}={','.join(map(str, values))}" for key, values in (("model", MODELS), ("seed", SEEDS))]
SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.limit_steps=20", "trainer.log_every=10"]
STUDY = ["-m", *SWEEP, "mix.ratio=0,1,30", *SMALL]
pytestmark = pytest.mark.xdist_group("study")


@dataclass(frozen=True)
class Study:
    """A study that was run: three models at three ratios, two seeds; the oracle is too short at ratio 30."""

    folder: Path
    answer: Any
    runs: dict[str, list[Run]]

    @property
    def output(self) -> Path:
        (folder,) = (self.folder / "multirun").iterdir()
        return folder

    @property
    def cells(self) -> pd.DataFrame:
        return pd.read_csv(self.output / "cells.csv")

    def at(self, ratio: float) -> list[Run]:
        return [run for run in self.runs["cell"] if float(run.data.params["mix.ratio"]) == ratio]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any], runs_in: Callable[..., Any]) -> Study:
    folder = tmp_path_factory.mktemp("study")
    answer = command("run", *STUDY, folder=folder)
    kinds = ("cell", "generator", "study")
    return Study(folder, answer, {kind: runs_in(folder, kind) for kind in kinds})


def test_it_ends_well_though_the_oracle_was_too_short(study: Study) -> None:
    assert study.answer.code == 0
    (parent,) = study.runs["study"]
    runs = list(itertools.chain(*study.runs.values()))
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert parent.data.metrics == {"study/finished": 16, "study/unavailable": 2}
    told = [
        run.data.tags.get("synthmix.unavailable") for run in study.at(30) if run.data.params["model.name"] == "real"
    ]
    assert told == ["model.name=real: 1500 real points asked for, the pool holds 950"] * 2


def test_every_cell_is_a_run_under_the_study(study: Study) -> None:
    (parent,) = study.runs["study"]
    found = [
        (run.data.params["model.name"], float(run.data.params["mix.ratio"]), int(run.data.params["seed"]))
        for run in study.runs["cell"]
    ]
    assert sorted(found) == sorted(itertools.product(MODELS, RATIOS, SEEDS))
    for run in study.runs["cell"] + study.runs["generator"]:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert {run.data.tags["synthmix.study"] for run in study.runs["cell"]} == {parent.info.run_name}
    assert parent.data.params["cells"] == "18"
    assert study.output.name == parent.info.run_name


def test_a_generator_is_trained_once_for_all_ratios(study: Study) -> None:
    assert len(study.runs["generator"]) == len(SEEDS)
    used = Counter(run.data.tags.get("synthmix.generator_run") for run in study.runs["cell"])
    trained = {run.info.run_id: 2 for run in study.runs["generator"]}  # at ratios 1 and 30
    assert used == trained | {None: 18 - 4}


def test_the_baseline_is_computed_once_for_all_arms(study: Study) -> None:
    baselines = study.at(0)
    reused = [run for run in baselines if "synthmix.reused_from" in run.data.tags]
    computed = {run.info.run_id: run for run in baselines if run not in reused}
    assert (len(reused), len(computed)) == (len(SEEDS) * (len(MODELS) - 1), len(SEEDS))
    for run in reused:
        source = computed[run.data.tags["synthmix.reused_from"]]
        assert source.data.params["seed"] == run.data.params["seed"]
        assert source.data.tags["synthmix.cell_key"] == run.data.tags["synthmix.cell_key"]
        assert scores(source) == scores(run)
        assert "time/clusterer_s" not in run.data.metrics
    others = [run for run in study.runs["cell"] if run not in baselines]
    assert not [run for run in others if "synthmix.reused_from" in run.data.tags]
    assert len({run.data.tags["synthmix.cell_key"] for run in others}) == len(others)


def scores(run: Run) -> dict[str, float]:
    return {name: value for name, value in run.data.metrics.items() if name.startswith(("cluster/", "quality/"))}


def test_cells_csv_is_sorted_and_holds_the_scores_of_the_runs(study: Study) -> None:
    cells = study.cells
    keys = list(zip(cells["model.name"], cells["mix.ratio"], cells["seed"], strict=True))
    assert keys == sorted(itertools.product(MODELS, RATIOS, SEEDS))
    assert cells.columns.tolist()[:8] == [
        *("model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"),
        "status",
    ]
    assert not [name for name in cells if name.startswith("time/") or "run" in name]
    for run in study.runs["cell"]:
        key = (run.data.params["model.name"], float(run.data.params["mix.ratio"]), int(run.data.params["seed"]))
        row = cells.loc[keys.index(key)]
        assert row["status"] == ("unavailable" if "synthmix.unavailable" in run.data.tags else "finished")
        assert {name: value for name, value in row[8:].items() if not pd.isna(value)} == pytest.approx(scores(run))


def test_the_summary_is_that_of_the_cells(study: Study) -> None:
    ari = {(row["model.name"], row["mix.ratio"], row["seed"]): row["cluster/ari"] for _, row in study.cells.iterrows()}
    summary = pd.read_csv(study.output / "summary.csv").set_index(["model.name", "mix.ratio"])
    assert set(summary.index) == set(itertools.product(MODELS, RATIOS)) - {("real", 30.0)}
    for model, ratio in summary.index:
        row = summary.loc[(model, ratio)]
        values = [ari[model, ratio, seed] for seed in SEEDS]
        differences = [ari[model, ratio, seed] - ari[model, 0, seed] for seed in SEEDS]
        assert row["seeds"] == len(SEEDS)
        assert (row["mean"], row["sd"]) == pytest.approx((statistics.mean(values), statistics.stdev(values)))
        assert row["difference"] == pytest.approx(statistics.mean(differences))
        assert row["difference_sd"] == pytest.approx(statistics.stdev(differences))
        line = rf"{model:<12} {ratio:>6g} {len(SEEDS):>5}  {row['mean']:.3f} ± {row['sd']:.3f}"
        assert f"\n  {line}" in study.answer.out


def test_the_report_is_logged_and_told(study: Study) -> None:
    (parent,) = study.runs["study"]
    client = MlflowClient(f"sqlite:///{study.folder}/mlflow.db")
    names = {"report/cells.csv", "report/summary.csv", "report/ratio_curves.png"}
    assert {artifact.path for artifact in client.list_artifacts(parent.info.run_id, "report")} == names
    assert f"pictures and tables: {study.output}\n" in study.answer.out
    assert f"MLflow study {parent.info.run_id}; " in study.answer.out


def test_pictures_are_left_out_of_sweeps(study: Study) -> None:
    assert not [path for path in (study.folder / "mlartifacts").rglob("*.png") if path.name != "ratio_curves.png"]


def test_another_launcher_gives_the_same_table(
    study: Study, process: Callable[..., Any], runs_in: Callable[..., Any], tmp_path: Path
) -> None:
    answer = process("run", *STUDY, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", folder=tmp_path)
    assert answer.code == 0, answer.err
    (output,) = (tmp_path / "multirun").iterdir()
    assert (output / "cells.csv").read_bytes() == (study.output / "cells.csv").read_bytes()
    runs = runs_in(tmp_path)
    assert Counter(run.data.tags["synthmix.kind"] for run in runs)["cell"] == 18
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert not [path.name for path in tmp_path.iterdir() if path.name not in ("mlflow.db", "mlartifacts", "multirun")]


def test_a_cell_that_fails_is_named_and_does_not_stop_the_others(
    command: Callable[..., Any], runs_in: Callable[..., Any], shared_store: str
) -> None:
    rates = "model.learning_rate=1e30,1e-3"
    words = ["-m", "model=gan", rates, "mix.ratio=0,1", "seed=5", *SMALL]
    answer = command("run", *words, f"tracking.uri={shared_store}")
    assert answer.code == 1
    named = "failed: model.name=gan model.learning_rate=1e+30 mix.ratio=1 clusterer.name=kmeans seed=5"
    assert f"{named}: Gan: discriminator_loss is nan at step 10" in answer.out.splitlines()
    (study,) = [run for run in runs_in(shared_store, "study") if run.info.run_id in answer.out]
    assert (study.info.status, study.data.metrics["study/failed"]) == ("FAILED", 1)
    (output,) = Path("multirun").iterdir()
    cells = pd.read_csv(output / "cells.csv").set_index(["model.learning_rate", "mix.ratio"])
    assert cells["status"].to_dict() == {
        (0.001, 0): "finished",
        (0.001, 1): "finished",
        (1e30, 0): "finished",
        (1e30, 1): "failed",
    }
    assert pd.isna(cells.loc[(1e30, 1), "cluster/ari"])


def test_the_cells_of_a_sweep_write_checkpoints_of_their_own(
    command: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = ["-m", "model=gan", "seed=0,1", "trainer.checkpoint_every=10", "mix.ratio=0,1"]
    assert command("run", *words, *SMALL, f"tracking.uri={shared_store}").code == 0
    client = MlflowClient(shared_store)
    checkpoints = list((tmp_path / "checkpoints").rglob("last.ckpt"))
    trained = [client.get_run(path.parent.name) for path in checkpoints]
    assert sorted(run.data.params["seed"] for run in trained) == ["0", "1"]
    assert {run.data.tags["synthmix.kind"] for run in trained} == {"generator"}


def test_folders_of_hydra_may_be_elsewhere(command: Callable[..., Any], shared_store: str, tmp_path: Path) -> None:
    where = ["hydra.sweep.dir=far/${tracking.study}", "hydra.sweep.subdir=${model.name}/${seed}"]
    words = ["-m", "model=duplicate,bootstrap", "seed=0,1", *where, *SMALL, f"tracking.uri={shared_store}"]
    assert command("run", *words).code == 0
    (output,) = (tmp_path / "far").iterdir()
    assert len(pd.read_csv(output / "cells.csv")) == 4
    assert sorted(path.parent.relative_to(output).as_posix() for path in output.rglob("outcome.json")) == [
        *("bootstrap/0", "bootstrap/1", "duplicate/0", "duplicate/1"),
    ]


def test_a_dry_run_starts_nothing(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command("run", *STUDY, "--dry-run")
    assert (answer.code, answer.out) == (0, "18 cells would run; nothing was started\n")
    assert list(tmp_path.iterdir()) == []


def test_hydra_shows_a_cell_behind_the_verb(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command("run", "--cfg", "job", "--resolve", "representation=vae", "trainer.precision=bf16-mixed")
    assert answer.code == 0
    config = yaml.safe_load(answer.out)
    assert config["representation"]["precision"] == "bf16-mixed"
    assert config["representation"]["generator"]["name"] == "vae"
    part = command("run", "mix.ratio=3", "--cfg", "job", "--package", "mix")
    assert yaml.safe_load(part.out) == {"ratio": 3, "synthetic_weight": 1.0}
    assert list(tmp_path.iterdir()) == []


def test_hydra_helps_behind_the_verb(command: Callable[..., Any]) -> None:
    answer = command("run", "--help")
    assert answer.code == 0
    assert answer.out.startswith("synthmix run is powered by Hydra.")
    assert "\nmodel: autoencoder, bootstrap, dcgan, duplicate, gan, " in answer.out


BASH = """
eval "$(synthmix -sc install=bash)"
complete -p synthmix
COMP_LINE="$1" COMP_POINT=${#1}
COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
hydra_bash_completion
echo "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("synthmix run model=d", "model=dcgan model=duplicate"),
        ("synthmix validate clusterer=som tra", "tracking. tracking= trainer. trainer="),
        ("synthmix ui x", ""),
    ],
)
def test_a_shell_completes_behind_the_verb(line: str, completions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    done = subprocess.run(["bash", "-c", BASH, "bash", line], capture_output=True, text=True, timeout=60)
    registered, _, told = done.stdout.partition("\n")
    assert registered.endswith("-F hydra_bash_completion synthmix")
    assert told.strip() == completions
