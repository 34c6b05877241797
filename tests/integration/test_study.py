"""Studies from the command line: their cells, their table, and what they compute once."""

from __future__ import annotations

import itertools
import json
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

Key = tuple[str, float, int]  # model, ratio, seed


@dataclass(frozen=True)
class Study:
    """A study that was run: three models at three ratios, two seeds; the oracle is too short at ratio 30."""

    folder: Path
    answer: Any
    runs: dict[str, list[Run]]

    @property
    def report(self) -> Path:
        (folder,) = (self.folder / "multirun").iterdir()
        return folder / "report"

    @property
    def cells(self) -> pd.DataFrame:
        return pd.read_csv(self.report / "cells.csv")

    @property
    def asked_for(self) -> dict[Key, Run]:
        """The runs of the cells asked for, by what tells them apart."""
        return {key_of(run): run for run in self.runs["cell"] if run.data.tags["synthmix.part"] == "sweep"}

    @property
    def added(self) -> list[Run]:
        """The runs of real points alone that the study has added."""
        added = [run for run in self.runs["cell"] if run.data.tags["synthmix.part"] == "curve"]
        return [run for run in added if key_of(run)[1] == 0]

    @property
    def longer(self) -> list[Run]:
        """The runs of the oracle with its whole pool, which the study has added."""
        return [run for run in self.runs["cell"] if key_of(run)[:2] == ("real", 19)]


def key_of(run: Run) -> Key:
    params = run.data.params
    return params["model.name"], float(params["mix.ratio"]), int(params["seed"])


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
    counts = {name: count for name, count in parent.data.metrics.items() if name.startswith("study/")}
    assert counts == {"study/finished": 16, "study/unavailable": 2, "study/failed": 0, "study/missing": 0}
    told = [study.asked_for["real", 30, seed].data.tags["synthmix.unavailable"] for seed in SEEDS]
    assert told == ["model.name=real: 1500 real points asked for, the pool holds 950"] * 2
    assert [run for run in runs if "synthmix.unavailable" in run.data.tags] == [
        run for run in study.runs["cell"] if key_of(run)[:2] == ("real", 30)
    ]


def test_the_run_of_a_study_says_what_it_has_found(study: Study) -> None:
    (parent,) = study.runs["study"]
    summary = pd.read_csv(study.report / "summary.csv")
    generators = summary[summary["role"] == "generator"]
    best = generators.loc[generators["difference"].idxmax()]
    found = {name: value for name, value in parent.data.metrics.items() if name.startswith("gan/")}
    assert found["gan/best_difference"] == pytest.approx(best["difference"])
    assert (found["gan/best_ratio"], found["gan/adjusted_p"]) == pytest.approx((best["mix.ratio"], best["p_adjusted"]))
    note = parent.data.tags["mlflow.note.content"]
    assert note.startswith("**Undecided: gan on ")
    assert "- Real points alone: ari " in note
    (data,) = parent.inputs.dataset_inputs
    assert (data.dataset.name, json.loads(data.dataset.profile)["shape"]) == ("digits", [1797, 1, 8, 8])


def test_every_cell_is_a_run_under_the_study(study: Study) -> None:
    (parent,) = study.runs["study"]
    assert sorted(study.asked_for) == sorted(itertools.product(MODELS, RATIOS, SEEDS))
    assert len(study.longer) == len(SEEDS)
    assert len(study.runs["cell"]) == 18 + len(study.added) + len(study.longer)
    for run in study.runs["cell"] + study.runs["generator"]:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.tags["synthmix.study"] == parent.info.run_name
    assert parent.data.tags["synthmix.cells"] == "18"
    assert parent.data.tags["synthmix.command"] == f"synthmix run {' '.join(STUDY)}"
    assert study.report.parent.name == parent.info.run_name


def test_real_points_alone_are_scored_below_n_too(study: Study) -> None:
    found = sorted((int(run.data.params["data.n_train"]), int(run.data.params["seed"])) for run in study.added)
    assert found == list(itertools.product((12, 25, 37), SEEDS))
    ari = {n: [run.data.metrics["cluster/ari"] for run in study.added if int(run.data.params["data.n_train"]) == n]
           for n in (12, 25, 37)}  # fmt: skip
    ari[50] = [study.asked_for["gan", 0, seed].data.metrics["cluster/ari"] for seed in SEEDS]
    curve = pd.read_csv(study.report / "learning_curve.csv")
    measured = curve[curve["source"] == "real only"].set_index("n")
    assert measured["mean"].to_dict() == pytest.approx({n: statistics.mean(values) for n, values in ari.items()})
    assert measured["sd"].to_dict() == pytest.approx({n: statistics.stdev(values) for n, values in ari.items()})
    oracle = curve[curve["source"] != "real only"].set_index("n")["mean"].to_dict()
    beyond = [study.asked_for["real", 1, seed].data.metrics["cluster/ari"] for seed in SEEDS]
    longest = [run.data.metrics["cluster/ari"] for run in study.longer]  # 950 of the pool
    assert oracle == pytest.approx({100: statistics.mean(beyond), 1000: statistics.mean(longest)})
    assert set(study.cells["data.n_train"]) == {50}


def test_a_generator_is_trained_once_for_all_ratios(study: Study) -> None:
    assert len(study.runs["generator"]) == len(SEEDS)
    used = Counter(run.data.tags.get("synthmix.generator_run") for run in study.asked_for.values())
    trained = {run.info.run_id: 2 for run in study.runs["generator"]}  # at ratios 1 and 30
    assert used == trained | {None: 18 - 4}
    for seed in SEEDS:
        first, later = (study.asked_for["gan", ratio, seed].data.tags for ratio in (1, 30))
        assert first["synthmix.stage.generator"] == first["synthmix.stage.quality"] == "computed"
        assert later["synthmix.stage.generator"] == later["synthmix.generator_run"] == first["synthmix.generator_run"]
        assert later["synthmix.stage.quality"] == study.asked_for["gan", 1, seed].info.run_id


def test_the_baseline_is_computed_once_for_all_arms(study: Study) -> None:
    baselines = {key: run for key, run in study.asked_for.items() if key[1] == 0}
    reused = {key: run for key, run in baselines.items() if "synthmix.reused_from" in run.data.tags}
    computed = {run.info.run_id: run for key, run in baselines.items() if key not in reused}
    assert (len(reused), len(computed)) == (len(SEEDS) * (len(MODELS) - 1), len(SEEDS))
    for run in reused.values():
        source = computed[run.data.tags["synthmix.reused_from"]]
        assert source.data.params["seed"] == run.data.params["seed"]
        assert source.data.tags["synthmix.cell_key"] == run.data.tags["synthmix.cell_key"]
        assert source.data.metrics == run.data.metrics
        assert run.data.tags["synthmix.replayed"] == "true"
    others = [run for run in study.runs["cell"] if run not in reused.values()]
    assert not [run for run in others if {"synthmix.reused_from", "synthmix.replayed"} & set(run.data.tags)]
    assert len({run.data.tags["synthmix.cell_key"] for run in others}) == len(others) == 18 - len(reused) + 6 + 2


def scores(run: Run) -> dict[str, float]:
    return {name: value for name, value in run.data.metrics.items() if not name.startswith("time/")}


def test_cells_csv_is_sorted_and_holds_the_scores_of_the_runs(study: Study) -> None:
    cells = study.cells
    keys = list(zip(cells["model.name"], cells["mix.ratio"], cells["seed"], strict=True))
    assert keys == sorted(itertools.product(MODELS, RATIOS, SEEDS))
    assert cells.columns.tolist()[:8] == [
        *("model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"),
        "status",
    ]
    assert {"cluster/ari", "val/ari", "val/silhouette", "quality/fd_pca"} <= set(cells)
    assert not [name for name in cells if name.startswith("time/") or "run" in name]
    for key, run in study.asked_for.items():
        row = cells.loc[keys.index(key)]
        assert row["status"] == ("unavailable" if "synthmix.unavailable" in run.data.tags else "finished")
        assert {name: value for name, value in row[8:].items() if not pd.isna(value)} == pytest.approx(scores(run))
    pd.testing.assert_frame_equal(pd.read_parquet(study.report / "cells.parquet"), cells, check_dtype=False)


def test_runs_csv_names_the_run_of_each_cell_and_the_one_that_computed_it(study: Study) -> None:
    table = pd.read_csv(study.report / "runs.csv").set_index(["model.name", "mix.ratio", "seed"])
    assert sorted(table.index) == sorted(study.asked_for)
    for key, run in study.asked_for.items():
        row = table.loc[key]
        assert row["run_id"] == run.info.run_id
        assert row["computed_by"] == run.data.tags.get("synthmix.reused_from", run.info.run_id)
        assert {name: value for name, value in row.items() if name.startswith("time/") and not pd.isna(value)} == {
            name: pytest.approx(value) for name, value in run.data.metrics.items() if name.startswith("time/")
        }


def test_the_summary_is_that_of_the_cells(study: Study) -> None:
    ari = {(row["model.name"], row["mix.ratio"], row["seed"]): row["cluster/ari"] for _, row in study.cells.iterrows()}
    summary = pd.read_csv(study.report / "summary.csv").set_index(["model.name", "mix.ratio"])
    assert set(summary.index) == set(itertools.product(MODELS, RATIOS))
    assert summary.loc[("real", 30.0), "seeds"] == 0
    for model, ratio in set(summary.index) - {("real", 30.0)}:
        row = summary.loc[(model, ratio)]
        values = [ari[model, ratio, seed] for seed in SEEDS]
        assert row["seeds"] == len(SEEDS)
        assert (row["mean"], row["sd"]) == pytest.approx((statistics.mean(values), statistics.stdev(values)))
        name = model if ratio else "real points alone"
        line = rf"{name:<17} {ratio:>5g} {row['mean']:.3f} ± {row['sd']:.3f}"
        assert f"\n  {line}" in study.answer.out
        if ratio:
            differences = [ari[model, ratio, seed] - ari[model, 0, seed] for seed in SEEDS]
            assert row["difference"] == pytest.approx(statistics.mean(differences))
            assert row["difference_sd"] == pytest.approx(statistics.stdev(differences))


def test_the_report_is_logged_and_told(study: Study) -> None:
    (parent,) = study.runs["study"]
    client = MlflowClient(f"sqlite:///{study.folder}/mlflow.db")
    logged = Path(client.download_artifacts(parent.info.run_id, "report"))
    files = {path.relative_to(study.report): path.read_bytes() for path in study.report.rglob("*.*")}
    assert {path.relative_to(logged): path.read_bytes() for path in logged.rglob("*.*")} == files
    tables = {f"{name}.csv" for name in ("cells", "runs", "summary", "learning_curve")}
    assert {str(path) for path in files} >= {*tables, "cells.parquet", "summary.tex", "index.html"}
    assert {"figures/ratio_curves.png", "figures/learning_curve.png"} <= {str(path) for path in files}
    page = study.report.relative_to(study.folder) / "index.html"
    assert f"report: {page}\n" in study.answer.out
    ui = f"MLFLOW_TRACKING_URI=sqlite:///{study.folder}/mlflow.db synthmix ui"
    assert f"study {parent.info.run_name}; MLflow: {ui}\n" in study.answer.out


def test_pictures_are_left_out_of_sweeps(study: Study) -> None:
    (parent,) = study.runs["study"]
    pictures = list((study.folder / "mlartifacts").rglob("*.png"))
    assert pictures
    assert {path.parts[path.parts.index("artifacts") - 1] for path in pictures} == {parent.info.run_id}


def test_a_cell_that_fails_is_named_and_does_not_stop_the_others(
    command: Callable[..., Any], runs_in: Callable[..., Any], shared_store: str
) -> None:
    rates = "model.learning_rate=1e30,1e-3"
    words = ["-m", "model=gan", rates, "mix.ratio=0,1", "seed=5", *SMALL]
    answer = command("run", *words, f"tracking.uri={shared_store}")
    assert answer.code == 1
    named = (
        "failed: model.name=gan model.learning_rate=1e+30 data.n_train=50 mix.ratio=1.0 clusterer.name=kmeans seed=5"
    )
    assert f"{named}: Gan: discriminator_loss is nan at step 10" in answer.out.splitlines()
    (output,) = Path("multirun").iterdir()
    (study,) = [run for run in runs_in(shared_store, "study") if run.info.run_name == output.name]
    assert (study.info.status, study.data.metrics["study/failed"]) == ("FAILED", 1)
    cells = pd.read_csv(output / "report" / "cells.csv").set_index(["model.learning_rate", "mix.ratio"])
    assert cells["status"].to_dict() == {
        (0.001, 0): "finished",
        (0.001, 1): "finished",
        (1e30, 0): "finished",
        (1e30, 1): "failed",
    }
    assert pd.isna(cells.loc[(1e30, 1), "cluster/ari"])


def test_the_trainings_of_a_sweep_write_checkpoints_of_their_own(
    command: Callable[..., Any], runs_in: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    words = ["-m", "model=gan", "seed=0,1", "trainer.checkpoint_every=10", "mix.ratio=0,1"]
    assert command("run", *words, *SMALL, f"tracking.uri={shared_store}").code == 0
    checkpoints = list((tmp_path / "checkpoints").rglob("last.ckpt"))
    (output,) = (tmp_path / "multirun").iterdir()
    trained = [run for run in runs_in(shared_store, "generator") if run.data.tags.get("synthmix.study") == output.name]
    assert sorted(run.data.params["seed"] for run in trained) == ["0", "1"]
    assert {path.parent.name for path in checkpoints} == {run.data.tags["synthmix.stage_key"] for run in trained}


def test_folders_of_hydra_may_be_elsewhere(command: Callable[..., Any], shared_store: str, tmp_path: Path) -> None:
    where = ["hydra.sweep.dir=far/${tracking.study}", "hydra.sweep.subdir=${model.name}/${seed}"]
    words = ["-m", "model=duplicate,bootstrap", "seed=0,1", "study.learning_curve=[]", "study.block=8", *where, *SMALL]
    assert command("run", *words, f"tracking.uri={shared_store}").code == 0
    (output,) = (tmp_path / "far").iterdir()
    assert len(pd.read_csv(output / "report" / "cells.csv")) == 4
    (attempt,) = (path for path in output.iterdir() if path.name != "report")
    # A job is a block, the cells of a seed: two arms, and the baseline that the study has added.
    assert sorted(path.parent.relative_to(attempt).as_posix() for path in output.rglob("outcome.json")) == [
        f"duplicate/{seed}/{cell:04d}" for seed in (0, 1) for cell in range(3)
    ]
    assert not Path("multirun").exists()


def test_a_dry_run_starts_nothing(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command("run", *STUDY, "--dry-run")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "nothing was started")
    told = dict(line.split(maxsplit=1) for line in answer.out.replace("to compute", "to_compute").splitlines()[:5])
    assert told["cells"] == "18 asked for, 8 added for the baseline and the learning curve"
    assert told["different"] == "22 of these 26: real points alone are one cell for all models at ratio 0"
    assert told["to_compute"] == "22 of 22 different cells; 0 are stored"
    assert told["trainings"] == "2 of 2 generators; 0 are stored"
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_says_what_is_stored_already(study: Study, command: Callable[..., Any]) -> None:
    answer = command("run", *STUDY[: -len(SMALL) - 1], "mix.ratio=0,1,2,30", *SMALL, "--dry-run", folder=study.folder)
    assert answer.out.startswith(f"study       {study.report.parent.name}\n")
    assert "to compute  6 of 28 different cells; 22 are stored\n" in answer.out
    assert "trainings   0 of 2 generators; 2 are stored\n" in answer.out


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
    assert answer.out.startswith("usage: synthmix run [GROUP=MEMBER ...]")
    assert "\nmodel=\n  autoencoder  " in answer.out
    assert "\n  jitter                        Control: copies of the real points with noise\n" in answer.out
    assert "\nseed: 0\n" in answer.out
    assert "Config\n" not in answer.out.partition("Keys and their values")[0]  # the group of defaults is Hydra's affair


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
        ("synthmix run model=d", "model=dcgan model=denoising_autoencoder model=duplicate"),
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
