"""The store is the truth: MLflow is written again from it, and samples are drawn from what it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from mlflow.entities import Run

Command = Callable[..., Any]
SMALL = ["data.n_train=50", "quality.n_samples=50", "trainer.limit_steps=30", "trainer.log_every=10"]
STUDY = ["-m", "model=gan,duplicate", "mix.ratio=0,1", "seed=0,1", "study.learning_curve=[0.5]", *SMALL]
SINGLE = ["model=vae", "tracking.pictures=false", *SMALL]


@dataclass(frozen=True)
class Projection:
    """What an MLflow store says, as it is compared."""

    uri: str
    runs: list[Run]

    def of(self, kind: str) -> dict[str, Run]:
        """The runs of a kind, by name and size of train."""
        found = [run for run in self.runs if run.data.tags["synthmix.kind"] == kind]
        named = {f"{run.info.run_name} n={run.data.params.get('data.n_train')}": run for run in found}
        assert len(named) == len(found)
        return named

    def curves(self, run: Run) -> dict[str, list[tuple[int, float]]]:
        """Every metric at every step."""
        client = MlflowClient(self.uri)
        histories = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
        return {name: [(entry.step, entry.value) for entry in history] for name, history in histories.items()}

    def file(self, run: Run, path: str) -> Path:
        return Path(MlflowClient(self.uri).download_artifacts(run.info.run_id, path))


@dataclass(frozen=True)
class Rebuilt:
    """A study and a single cell: what MLflow has of them, and what an empty one has after it was rebuilt."""

    folder: Path
    answers: list[Any]
    before: Projection
    after: Projection


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, command: Command, runs_in: Callable[..., list[Run]]) -> Rebuilt:
    folder = tmp_path_factory.mktemp("rebuilt")
    assert command("run", *STUDY, folder=folder).code == 0
    assert command("run", *SINGLE, folder=folder).code == 0
    empty = f"sqlite:///{folder}/rebuilt/mlflow.db"
    answers = [command("store", "rebuild-tracking", "--uri", empty, folder=folder) for _ in range(2)]
    return Rebuilt(
        folder, answers, Projection(f"sqlite:///{folder}/mlflow.db", runs_in(folder)), Projection(empty, runs_in(empty))
    )


def test_it_says_what_it_has_logged_and_nothing_is_logged_twice(rebuilt: Rebuilt) -> None:
    line = f"11 cells of 1 studies and of single runs are in {rebuilt.after.uri}\n"
    assert [(answer.code, answer.out) for answer in rebuilt.answers] == [(0, line)] * 2
    kinds = [Counter(run.data.tags["synthmix.kind"] for run in side.runs) for side in (rebuilt.before, rebuilt.after)]
    assert kinds[0] == kinds[1] == {"study": 1, "arm": 2, "generator": 3, "cell": 11}


@pytest.mark.parametrize("kind", ["cell", "generator", "study"])
def test_the_same_runs_parameters_metrics_and_curves_are_there(kind: str, rebuilt: Rebuilt) -> None:
    before, after = rebuilt.before.of(kind), rebuilt.after.of(kind)
    assert before.keys() == after.keys()
    for name, run in after.items():
        assert run.info.status == before[name].info.status == "FINISHED"
        assert run.data.metrics == before[name].data.metrics
        if kind != "study":  # the parent is written to by every command, with the one that it is of
            assert rebuilt.after.curves(run) == rebuilt.before.curves(before[name])
            assert run.data.params == before[name].data.params
        same = ("synthmix.cell_key", "synthmix.stage_key", "synthmix.study", "synthmix.data_digest", "version.torch")
        for tag in (*same, "synthmix.git_commit", "synthmix.combination"):
            assert run.data.tags.get(tag) == before[name].data.tags.get(tag), tag


def test_runs_are_nested_and_named_as_before(rebuilt: Rebuilt) -> None:
    for side in (rebuilt.before, rebuilt.after):
        (parent,) = side.of("study").values()
        for run in [*side.of("cell").values(), *side.of("generator").values()]:
            single = run.data.params["model.name"] == "vae" and float(run.data.params.get("mix.ratio", 1)) > 0
            of_study = "synthmix.study" in run.data.tags
            assert run.data.tags.get("mlflow.parentRunId") == (parent.info.run_id if of_study else None)
            assert of_study != single
        trained = {run.info.run_id: name for name, run in side.of("generator").items()}
        used = {
            name: trained[run.data.tags["synthmix.generator_run"]]
            for name, run in side.of("cell").items()
            if "synthmix.generator_run" in run.data.tags
        }
        assert used == {
            **{f"gan r=1 kmeans seed {seed} n=50": f"gan seed {seed} n=50" for seed in (0, 1)},
            "vae r=1 kmeans seed 0 n=50": "vae seed 0 n=50",
        }


def test_the_runs_that_a_rebuilt_run_names_are_there(rebuilt: Rebuilt) -> None:
    known = {run.info.run_id for run in rebuilt.after.runs}
    named = {
        (tag, value)
        for run in rebuilt.after.runs
        for tag, value in run.data.tags.items()
        if re.fullmatch("[0-9a-f]{32}", value) and tag != "synthmix.replayed"  # the run that it stands for
    }
    assert {tag for tag, value in named if value not in known} == set()


def test_checkpoints_and_the_report_are_logged_again(rebuilt: Rebuilt) -> None:
    for name, run in rebuilt.after.of("generator").items():
        path = "checkpoint/generator.pt"
        after = torch.load(rebuilt.after.file(run, path), weights_only=True)
        before = torch.load(rebuilt.before.file(rebuilt.before.of("generator")[name], path), weights_only=True)
        assert after["model"] == before["model"]
        assert after["state"].keys() == before["state"].keys()
        assert all(torch.equal(after["state"][key], before["state"][key]) for key in before["state"])
    (before_study,), (after_study,) = (side.of("study").values() for side in (rebuilt.before, rebuilt.after))
    cells = rebuilt.after.file(after_study, "report/cells.csv").read_bytes()
    assert cells == rebuilt.before.file(before_study, "report/cells.csv").read_bytes()


def test_a_rebuilt_run_has_the_config_that_can_be_run_again(rebuilt: Rebuilt, command: Command) -> None:
    run = rebuilt.after.of("cell")["gan r=1 kmeans seed 1 n=50"]
    text = rebuilt.after.file(run, "config.yaml").read_text()
    assert "name: gan" in text
    assert "seed: 1\n" in text


@pytest.mark.parametrize("kind", ["cell", "generator"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_run_is_sampled_by_its_id(
    kind: str, side: str, rebuilt: Rebuilt, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projection: Projection = getattr(rebuilt, side)
    name = "gan r=1 kmeans seed 1 n=50" if kind == "cell" else "gan seed 1 n=50"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", projection.uri)
    words = ["sample", projection.of(kind)[name].info.run_id, "-n", "700"]
    answer = command(*words, "--out", "x.npz")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "x.npz: x of shape (700, 1, 8, 8), float32, from digits\n"
    x = np.load("x.npz")["x"]
    assert (x.shape, x.dtype) == ((700, 1, 8, 8), np.float32)
    assert (x.min() >= 0, x.max() <= 1) == (True, True)
    assert command(*words, "--out", "again.npz").code == command(*words, "--out", "y.npz", "--seed", "1").code == 0
    assert np.array_equal(np.load("again.npz")["x"], x)
    assert not np.array_equal(np.load("y.npz")["x"], x)


def test_samples_of_a_table_are_in_its_units(
    command: Command, runs_in: Callable[..., list[Run]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(180, 8, 400), rng.normal(0.002, 0.0005, 400), rng.normal(1.7e9, 0.5, 400)], axis=1)
    np.savetxt("people.csv", rows, delimiter=",", header="height_cm,share,time", comments="")
    words = ["data=table", "data.path=people.csv", "clusterer.n_clusters=2", "model=vae", "model.steps=600"]
    assert command("run", *words, "tracking.pictures=false", "quality.n_samples=50").code == 0
    (run,) = runs_in(tmp_path, "cell")
    assert command("sample", run.info.run_id, "-n", "2000", "--out", "x.npz").code == 0
    x = np.load("x.npz")["x"]
    assert (x.shape, x.dtype) == ((2000, 3), np.float64)
    assert x.mean(axis=0) == pytest.approx(rows.mean(axis=0), rel=0.1)
    assert abs(x[:, 2] - 1.7e9).mean() < 1
    assert x.std(axis=0) == pytest.approx(rows.std(axis=0), rel=0.5)


NO_RUN = "0" * 32
WRONG = [
    (f"sample {NO_RUN} --out x.npz", f"run {NO_RUN}: not found in sqlite:///"),
    ("sample BASELINE --out x.npz", "run BASELINE: has no trained generator (controls and ratio 0 have none)"),
    ("sample STUDY --out x.npz", "run STUDY: is a study's; name a cell's run or a training's, which lie below it"),
    ("sample BASELINE", "sample: the following arguments are required: --out"),
    ("sample BASELINE --out x.txt", "--out=x.txt: must end in .npz or .csv"),
    ("sample BASELINE --out no/x.npz", "--out=no/x.npz: must be a file in a folder that can be written"),
    ("sample BASELINE --out x.npz -n 0", "-n 0: must be ≥ 1"),
    ("store rebuild-tracking --store nowhere", "--store=nowhere: no such folder; "),
    ("store rebuild-tracking --uri foo://bar", "tracking.uri=foo://bar: must begin with one of "),
    ("store mend", "store mend: allowed: list, verify, prune, retry, rebuild-tracking"),
]


@pytest.mark.parametrize(("words", "line"), WRONG, ids=[words for words, _ in WRONG])
def test_a_fault_is_one_line_and_exit_code_2(
    words: str, line: str, rebuilt: Rebuilt, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {
        "BASELINE": rebuilt.after.of("cell")["duplicate r=0 kmeans seed 0 n=50"].info.run_id,
        "STUDY": next(iter(rebuilt.after.of("study").values())).info.run_id,
    }
    for name, run_id in ids.items():
        words, line = words.replace(name, run_id), line.replace(name, run_id)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", rebuilt.after.uri)
    answer = command(*words.split(), folder=rebuilt.folder)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1
    assert not (rebuilt.folder / "x.npz").exists()
