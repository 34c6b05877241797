"""What is wrong with code of one's own is told in one line a fault, before anything is started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

CODE = """
from dataclasses import replace

import torch
from sklearn.base import BaseEstimator
from torchmetrics import Metric

from synthmix.data.base import Dataset, assemble
from synthmix.metric import Metric as Score
from synthmix.spec import DataSpec

loaded = []


def load(scale: float = 1.0):
    loaded.append(scale)
    x = scale * torch.randn(90, 2, generator=torch.Generator().manual_seed(0))
    return assemble(DataSpec("mine", "table", (2,), None, n_classes=2), x, torch.arange(90) % 2)


def load_nothing():
    raise FileNotFoundError("points.bin")


def load_arrays():
    return load().x


def load_without_digest():
    return Dataset(torch.zeros(90, 2), None, DataSpec("mine", "table", (2,), None, n_classes=None))


class Size(Metric):
    def __init__(self):
        super().__init__()
        self.add_state("n", default=torch.tensor(0))

    def update(self, assignments):
        self.n += len(assignments)

    def compute(self):
        return self.n


class Least(Size):
    higher_is_better = True


class OneGroup(BaseEstimator):
    def fit(self, X, y=None):
        return self


class Answer:
    prefix, learner, primary = "answer", "clusterer", ("n",)

    def __init__(self, *, estimator, spec, offset=0):
        self.offset = offset

    def fit(self, points, weight, seed):
        return self

    def outputs(self, points):
        return {"n": points[:, 0] * 0 + self.offset}


METRICS = {"n": Score(score=lambda held_out: held_out.outputs["n"].mean(), higher_is_better=True)}
"""
CONFIGS = {
    "data/mine": "_target_: ownlab.code.load\nname: mine\nscale: 1.0\nn_train: 30",
    "data/nothing": "_target_: ownlab.code.load_nothing\nname: nothing",
    "data/arrays": "_target_: ownlab.code.load_arrays\nname: arrays",
    "data/undigested": "_target_: ownlab.code.load_without_digest\nname: undigested",
    "clusterer/one_group": "_target_: ownlab.code.OneGroup\nname: one_group",
    "task/answer": (
        "defaults:\n  - /clusterer@_global_.clusterer: kmeans\n  - _self_\n"
        "_target_: ownlab.code.Answer\nname: answer\noffset: 0"
    ),
    **{
        f"metric/{name}": f"# @package metrics.{name}\n_target_: ownlab.code.{kind}\nname: {name}\nreads: [{reads}]"
        for name, kind, reads in (
            *(("size", "Size", "assignments"), ("least", "Least", "assignments")),
            *(("ari", "Least", "assignments"), ("lost", "Least", "nowhere"), ("guided", "Least", "labels")),
        )
    },
}
MUST_LOAD = "must return a Dataset made by synthmix.data.base.assemble"


@pytest.fixture(scope="module")
def ownlab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of one's own with faults of all kinds."""
    lab = tmp_path_factory.mktemp("lab") / "ownlab"
    for name, text in CONFIGS.items():
        file = lab / "conf" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    (lab / "code.py").write_text(CODE)
    return lab


@pytest.fixture
def own(ownlab: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A command with the package admitted."""
    monkeypatch.syspath_prepend(str(ownlab.parent))
    monkeypatch.setenv("SYNTHMIX_ALLOW", "ownlab.")

    def run(verb: str, *words: str) -> Any:
        return command(verb, f"hydra.searchpath=[file://{ownlab}/conf]", *words)

    return run


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("data=nothing", "data.name=nothing: cannot be loaded (FileNotFoundError: points.bin)"),
        ("data=arrays", f"data._target_=ownlab.code.load_arrays: {MUST_LOAD}"),
        ("data=undigested", f"data._target_=ownlab.code.load_without_digest: {MUST_LOAD}"),
        ("data=mine data.n_train=80", "data.n_train=80: must be ≤ 54 (90 points less 18 test and 18 val)"),
        ("data=mine +data.shift=1", "data.shift=1: unknown key; allowed: n_reserve, n_test, n_train, n_val, name, …"),
        ("clusterer=one_group", "clusterer._target_=ownlab.code.OneGroup: must be a class with fit, predict"),
        ("task=answer +task.estimator=3", "task.estimator=3: unknown key; allowed: name, offset"),
        ("task=answer study.score=ari", "study.score=ari: allowed: n"),
        ("+metric=ari", "metrics.ari: task.name=clustering has a score of that name; choose another"),
        (
            "+metric=size study.score=size",
            "study.score=size: ownlab.code.Size.higher_is_better must be True or False; allowed: acc, …",
        ),
        ("+metric=sise", "metric=sise: no such member; allowed: ari, guided, least, lost, size"),
    ],
)
def test_a_fault_is_one_line(words: str, line: str, own: Callable[..., Any]) -> None:
    answer = own("validate", "model=duplicate", *words.split())
    assert (answer.code, answer.out) == (2, "")
    (told,) = answer.err.splitlines()
    assert told == line or (line.endswith("…") and told.startswith(line[:-1]))


def test_a_set_is_loaded_once_for_the_checks_of_all_cells(own: Callable[..., Any]) -> None:
    sweep = ["-m", "data=mine", "data.scale=7", "model=duplicate,jitter", "seed=0,1", "mix.ratio=0,1"]
    assert own("validate", *sweep).out == "valid: 8 cells\n"
    from ownlab import code  # type: ignore[import-not-found]

    assert code.loaded.count(7) == 1


def test_several_metrics_stand_side_by_side_and_one_that_reads_labels_needs_them(own: Callable[..., Any]) -> None:
    words = ["data=mine", "model=duplicate", "+metric=[least,size]", "study.learning_curve=[]", "tracking=none"]
    assert own("run", "-m", "seed=0,1", "mix.ratio=0,1", *words, "study.score=least").code == 0
    (file,) = Path("multirun").glob("*/report/cells.csv")
    cells = pd.read_csv(file)
    for part in ("cluster", "val"):
        assert set(cells[f"{part}/least"]) == set(cells[f"{part}/size"]) == {18}


def test_a_metric_that_reads_what_there_is_not_says_what_there_is(own: Callable[..., Any]) -> None:
    answer = own("run", "data=mine", "model=duplicate", "+metric=lost", "tracking=none")
    assert answer.code == 2
    assert answer.err.splitlines() == ["metrics.lost.reads=[nowhere]: allowed: assignments, points, labels"]
