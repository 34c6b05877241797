"""MLflow deleted and written again from the store: every run is what it was, but for ids, times and one tag."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

Command = Callable[..., Any]
SMALL = ["data.n_train=50", "quality.n_samples=50", "trainer.limit_steps=30", "trainer.log_every=10"]
STUDY = ["-m", "mix.ratio=0,1", "seed=0,1", "study.learning_curve=[0.5]", *SMALL]
COMMANDS = (
    ["run", *STUDY, "model=gan,duplicate", "tracking.study=first"],
    ["run", "model=vae", "tracking.pictures=false", *SMALL],
    # Reuses what the first has computed, trainings and cells.
    ["run", *STUDY, "model=gan,jitter", "tracking.study=second"],
)


@dataclass(frozen=True)
class Logged:
    """A run with everything that MLflow holds of it."""

    run: Run
    histories: dict[str, list[tuple[int, float]]]
    files: dict[str, bytes]

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What tells it from the other runs, whatever its id."""
        tags = self.run.data.tags
        names = ("kind", "study", "combination", "stage_key")
        return (*(tags.get(f"synthmix.{name}") for name in names), self.run.info.run_name)


def everything_in(store: str) -> dict[tuple[str | None, ...], Logged]:
    client = MlflowClient(store)
    found = {}
    for run in client.search_runs([experiment.experiment_id for experiment in client.search_experiments()]):
        entries = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
        histories = {name: [(entry.step, entry.value) for entry in history] for name, history in entries.items()}
        folder = Path(unquote(urlsplit(run.info.artifact_uri).path))
        files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        logged = Logged(run, histories, files)
        assert logged.identity not in found
        found[logged.identity] = logged
    return found


Sides = tuple[dict[tuple[str | None, ...], Logged], dict[tuple[str | None, ...], Logged]]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory, command: Command, process: Command) -> Sides:
    """Before and after."""
    folder = tmp_path_factory.mktemp("rebuilt")
    for words in COMMANDS:
        assert command(*words, folder=folder).code == 0
    before = everything_in(f"sqlite:///{folder}/mlflow.db")
    (folder / "mlflow.db").unlink()
    shutil.rmtree(folder / "mlartifacts")
    answer = process("store", "rebuild-tracking", folder=folder)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"21 cells of 2 studies and of single runs are in sqlite:///{folder}/mlflow.db\n"
    # Under another name, since this process has the deleted file still open.
    return before, everything_in(f"sqlite:///{folder}/../{folder.name}/mlflow.db")


def test_every_run_is_there_again(sides: Sides) -> None:
    before, after = sides
    assert before.keys() == after.keys()
    assert Counter(kind for kind, *_ in after) == {"study": 2, "arm": 4, "generator": 3, "cell": 21}
    assert not {one.run.info.run_id for one in before.values()} & {one.run.info.run_id for one in after.values()}


def test_parameters_metrics_curves_and_data_are_the_same(sides: Sides) -> None:
    for identity, was in sides[0].items():
        now = sides[1][identity]
        assert now.run.info.status == was.run.info.status == "FINISHED"
        assert now.run.data.params == was.run.data.params
        assert now.run.data.metrics == was.run.data.metrics
        assert now.histories == was.histories
        assert [*map(dict, now.run.inputs.dataset_inputs)] == [*map(dict, was.run.inputs.dataset_inputs)]


def test_tags_and_files_are_the_same_but_for_the_ids_in_them(sides: Sides) -> None:
    before, after = sides
    ids = {was.run.info.run_id: after[identity].run.info.run_id for identity, was in before.items()}

    def renamed(text: str) -> str:
        for old, new in ids.items():
            text = text.replace(old, new).replace(old[:8], new[:8])  # a report shows the first eight letters
        return text

    for identity, was in before.items():
        now = after[identity]
        tags = {name: renamed(text) for name, text in was.run.data.tags.items() if name != "synthmix.replayed"}
        assert {name: text for name, text in now.run.data.tags.items() if name != "synthmix.replayed"} == tags
        assert now.files.keys() == was.files.keys()
        for path, content in was.files.items():
            if path.endswith((".csv", ".html")):
                content = renamed(content.decode()).encode()
            assert now.files[path] == content, (identity, path)


def test_a_cell_has_its_whole_config_and_the_environment(sides: Sides) -> None:
    for (kind, *_), logged in sides[1].items():
        if kind == "arm":
            continue
        assert "torch==" in logged.files["environment.txt"].decode()
        config = logged.files["config.yaml"].decode()
        if kind == "cell":
            keys = {line.partition(":")[0] for line in config.splitlines() if not line.startswith((" ", "-"))}
            assert keys >= {
                "data",
                "model",
                "mix",
                "gate",
                "clusterer",
                "trainer",
                "tracking",
                "paths",
                "study",
                "seed",
            }


def test_arms_are_curves_over_the_ratio_below_their_study(sides: Sides) -> None:
    for before_or_after in sides:
        studies = {one.run.info.run_name: one.run for (kind, *_), one in before_or_after.items() if kind == "study"}
        for (kind, study, *_), arm in before_or_after.items():
            if kind == "arm":
                parent = studies[str(study)]
                assert arm.run.data.tags["mlflow.parentRunId"] == parent.info.run_id
                assert [step for step, _ in arm.histories["cluster/ari"]] == [0, 1000]
                (_, low), (_, middle), (_, high) = (
                    arm.histories[f"cluster/ari{end}"][1] for end in ("_low", "", "_high")
                )
                assert low < middle < high


def test_a_stored_generator_is_judged_anew_where_its_training_is_logged_no_more(
    command: Command, tmp_path: Path
) -> None:
    """The store is kept and MLflow's is a fresh one: the training has no run there to which its quality could go."""
    words = ["run", "model=vae", "tracking.pictures=false", *SMALL]
    assert command(*words, "tracking.uri=sqlite:///first.db").code == 0
    again = command(*words, "quality.n_samples=40", "tracking.uri=sqlite:///second.db")
    assert (again.code, again.err) == (0, "")
