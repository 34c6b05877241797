"""A finished cell is computed once more from its run: really computed, equal to the last bit, or told what differs."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run

Command = Callable[..., Any]
SMALL = ["data.n_train=60", "quality.n_samples=60", "trainer.limit_steps=30", "clusterer=gmm_on_pca"]
SAME = "same data, code, versions, threads and processor ("


@dataclass(frozen=True)
class Place:
    """A folder in which a study was run, and how the runs of its cells are found and changed."""

    folder: Path

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(f"sqlite:///{self.folder}/mlflow.db")

    def run(self, name: str) -> Run:
        (found,) = self.client.search_runs(["1"], f"attributes.run_name = '{name}'")
        return found

    def text(self, run: Run, name: str) -> Path:
        return Path(unquote(urlsplit(str(run.info.artifact_uri)).path)) / name


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Place:
    """A tuned study whose store is gone afterwards, so that nothing can be read from it."""
    folder = tmp_path_factory.mktemp("rerun")
    words = ["-m", "model=vae,duplicate", "mix.ratio=0,1", "study.learning_curve=[0.5]", *SMALL]
    assert command("run", *words, folder=folder).code == 0
    assert command("run", "model=real", "mix.ratio=40", "tracking.pictures=false", *SMALL, folder=folder).code == 0
    shutil.rmtree(folder / ".synthmix")
    return Place(folder)


@pytest.fixture
def place(study: Place, tmp_path: Path) -> Place:
    """A copy whose runs may be changed."""
    shutil.copytree(study.folder, tmp_path / "copy")
    found = Place(tmp_path / "copy")
    for run in found.client.search_runs(["1"]):
        assert str(study.folder) in str(run.info.artifact_uri)  # files of a run stay where they were written
    return found


@pytest.mark.parametrize("name", ["vae r=1 gmm seed 0", "vae r=1 gmm as configured seed 0", "duplicate r=0 gmm seed 0"])
def test_a_cell_is_equal_bit_for_bit_and_really_computed(name: str, study: Place, command: Command) -> None:
    run = study.run(name)
    answer = command("rerun", run.info.run_id, folder=study.folder)
    lines = answer.out.splitlines()
    scores = [key for key in run.data.metrics if not key.startswith("time/")]
    assert (answer.code, answer.err) == (0, "")
    assert lines[0] == f"run {run.info.run_id}: {name}"
    assert lines[1].endswith("in a store of its own")
    assert lines[2].startswith(SAME)
    assert lines[3:] == [f"{len(scores)} of {len(scores)} scores are equal bit for bit"]
    assert not (study.folder / ".synthmix").exists()  # nothing was there to read, and nothing is left


def test_a_point_of_the_learning_curve_and_an_unavailable_cell_are_cells_too(study: Place, command: Command) -> None:
    (curve,) = study.client.search_runs(["1"], "tags.`synthmix.part` = 'curve'")[:1]
    assert command("rerun", curve.info.run_id, folder=study.folder).code == 0
    answer = command("rerun", study.run("real r=40 gmm seed 0").info.run_id, folder=study.folder)
    assert answer.code == 0
    assert "0 of 0 scores" in answer.out


def test_a_score_that_is_not_what_comes_out_is_named(place: Place, command: Command) -> None:
    run = place.run("vae r=1 gmm seed 0")
    true = run.data.metrics["cluster/ari"]
    place.client.log_metric(run.info.run_id, "cluster/ari", math.nextafter(true, 1))
    answer = command("rerun", run.info.run_id, folder=place.folder)
    assert answer.code == 1
    assert f"cluster/ari: {math.nextafter(true, 1)!r} was recorded, {true!r} here" in answer.out


@pytest.mark.parametrize(("shift", "code", "said"), [(0.1, 0, ": within"), (0.2, 1, ": NOT within")])
def test_on_another_processor_the_primary_score_is_compared_within_a_tolerance(
    shift: float, code: int, said: str, place: Place, command: Command
) -> None:
    run = place.run("vae r=1 gmm seed 0")
    place.client.set_tag(run.info.run_id, "processor.instructions", "AVX1024")
    place.client.log_metric(run.info.run_id, "cluster/ari", run.data.metrics["cluster/ari"] + shift)
    answer = command("rerun", run.info.run_id, folder=place.folder)
    assert answer.code == code
    assert "another environment: processor.instructions: AVX1024 then, " in answer.out
    assert f"cluster/ari{said} 0.15 of max(1, |cluster/ari|)" in answer.out


def test_other_data_is_refused_before_anything_is_computed(place: Place, command: Command) -> None:
    run = place.run("duplicate r=1 gmm seed 0")
    place.client.set_tag(run.info.run_id, "synthmix.data_digest", "0" * 64)
    answer = command("rerun", run.info.run_id, folder=place.folder)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"run {run.info.run_id}: its data has the digest {'0' * 64}; the data here has ")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"model": {"_target_": "torch.load", "f": "evil.pt"}}, "model._target_=torch.load: not in the allowlist"),
        ({"seed": -1}, "seed=-1: must be "),
        ({"modle": 1}, "modle=1: unknown key"),
    ],
)
def test_a_strangers_config_is_checked_as_any_other(
    change: dict[str, Any], fault: str, place: Place, command: Command
) -> None:
    run = place.run("duplicate r=1 gmm seed 0")
    file = place.text(run, "config.yaml")
    kept = file.read_text()
    try:
        file.write_text(yaml.safe_dump(yaml.safe_load(kept) | change))
        answer = command("rerun", run.info.run_id, folder=place.folder)
    finally:
        file.write_text(kept)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(fault)
    assert len(answer.err.splitlines()) == 1


def test_a_strangers_config_names_no_folder_that_is_written_to(place: Place, command: Command) -> None:
    run = place.run("vae r=1 gmm seed 0")
    file = place.text(run, "config.yaml")
    kept = file.read_text()
    config = yaml.safe_load(kept)
    config["trainer"] |= {"checkpoint_every": 10, "checkpoint_dir": str(place.folder / "taken")}
    config["paths"] = {"store": str(place.folder / "taken")}
    try:
        file.write_text(yaml.safe_dump(config))
        answer = command("rerun", run.info.run_id, folder=place.folder)
    finally:
        file.write_text(kept)
    assert answer.code == 0
    assert not (place.folder / "taken").exists()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("study", "is one of kind study; name the run of a cell (synthmix.kind=cell)"),
        ("generator", "is one of kind generator; name the run of a cell (synthmix.kind=cell)"),
    ],
)
def test_only_a_cell_can_be_run_again(kind: str, fault: str, study: Place, command: Command) -> None:
    run = study.client.search_runs(["1"], f"tags.`synthmix.kind` = '{kind}'")[0].info.run_id
    answer = command("rerun", run, folder=study.folder)
    assert (answer.code, answer.out, answer.err) == (2, "", f"run {run}: {fault}\n")


def test_the_newest_cell_is_the_last_one(study: Place, command: Command) -> None:
    answer = command("rerun", "last", folder=study.folder)
    assert answer.out.startswith(f"run {study.run('real r=40 gmm seed 0').info.run_id}: ")


def test_a_run_that_is_not_there_is_told_in_one_line(study: Place, command: Command, tmp_path: Path) -> None:
    answer = command("rerun", "0" * 32, folder=study.folder)
    assert (answer.code, answer.err) == (2, f"run {'0' * 32}: not found in sqlite:///{study.folder}/mlflow.db\n")
    for run in ("0" * 32, "last"):
        answer = command("rerun", run, folder=tmp_path)
        told = f"run {run}: not found; tracking.uri=sqlite:///{tmp_path}/mlflow.db: no such file\n"
        assert (answer.code, answer.err) == (2, told)
    assert not (tmp_path / "mlflow.db").exists()
