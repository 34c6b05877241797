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
# The same five kinds with a schema of their own: the class of the parameter `config`.
SCHEMAS = """
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from ownlab import code
from synthmix.config.data import DataConfig
from synthmix.config.members import ClustererConfig, MetricConfig, ModelConfig
from synthmix.config.schema import Count, Positive
from synthmix.config.task import TaskConfig
from synthmix.generators.base import Generator


@dataclass(kw_only=True, frozen=True)
class ScaledConfig(DataConfig):
    scale: Positive


def load(config: ScaledConfig):
    return code.load(config.scale)


@dataclass(kw_only=True, frozen=True)
class ShiftedConfig(ModelConfig):
    shift: Positive


class Shifted(Generator):
    def __init__(self, config: ShiftedConfig):
        self.shift = config.shift

    def fit(self, dataset, *, seed):
        self.spec, self.x = dataset.spec, dataset.x + self.shift
        return self

    def draw(self, n, rng):
        return self.x[:1].expand(n, -1)


@dataclass(kw_only=True, frozen=True)
class StripesConfig(ClustererConfig):
    width: Positive


class Stripes(BaseEstimator):
    def __init__(self, config: StripesConfig):
        self.config = config

    def fit(self, X, y=None):
        self.left_ = X.min()
        return self

    def predict(self, X):
        return np.floor((X[:, 0] - self.left_) / self.config.width).astype(int)


@dataclass(kw_only=True, frozen=True)
class TimesConfig(MetricConfig):
    factor: Positive


class Times(code.Least):
    def __init__(self, config: TimesConfig):
        super().__init__()
        self.factor = config.factor

    def compute(self):
        return self.factor * self.n


@dataclass(kw_only=True, frozen=True)
class GroupsConfig(TaskConfig):
    most: Count


class Groups:
    prefix, learner, primary, scored_by = "groups", "clusterer", ("n",), "ownlab.code"

    def __init__(self, config: GroupsConfig, *, estimator, spec):
        self.most, self.estimator = config.most, estimator

    def fit(self, points, weight, seed):
        self.estimator.fit(points)
        return self

    def outputs(self, points):
        groups = self.estimator.predict(points)
        return {"n": np.full(len(points), min(self.most, len(set(groups)))), "assignments": groups}
"""
CONFIGS |= {
    "data/scaled": "_target_: ownlab.schemas.load\nname: scaled\nscale: 1.0\nn_train: 30",
    "model/shifted": "_target_: ownlab.schemas.Shifted\nname: shifted\nshift: 1.0",
    "clusterer/stripes": "_target_: ownlab.schemas.Stripes\nname: stripes\nwidth: 0.01",
    "metric/times": (
        "# @package metrics.times\n_target_: ownlab.schemas.Times\nname: times\nreads: [assignments]\nfactor: 2.0"
    ),
    "task/groups": (
        "defaults:\n  - /clusterer@_global_.clusterer: stripes\n  - _self_\n"
        "_target_: ownlab.schemas.Groups\nname: groups\nmost: 5"
    ),
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
    (lab / "schemas.py").write_text(SCHEMAS)
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
        ("data=mine +data.shift=1", "data.shift=1: unknown key; allowed: hide, hide_mechanism, impute, …"),
        ("clusterer=one_group", "clusterer._target_=ownlab.code.OneGroup: must be a class with fit, predict"),
        ("task=answer +task.estimator=3", "task.estimator=3: unknown key; allowed: name, offset"),
        ("task=answer study.score=ari", "study.score=ari: allowed: n"),
        ("+metric=ari", "metrics.ari: task.name=clustering has a score of that name; choose another"),
        (
            "+metric=size study.score=size",
            "study.score=size: ownlab.code.Size.higher_is_better must be True or False; allowed: acc, …",
        ),
        ("data=scaled data.scale=0", "data.scale=0: must be > 0"),
        ("model=shifted model.shift=-1", "model.shift=-1: must be > 0"),
        ("clusterer=stripes clusterer.width=wide", "clusterer.width=wide: must be a number"),
        ("+metric=times metrics.times.factor=0", "metrics.times.factor=0: must be > 0"),
        ("task=groups task.most=0", "task.most=0: must be ≥ 1"),
        ("+metric=sise", "metric=sise: no such member; allowed: ari, guided, least, lost, size, times"),
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
    assert answer.err.splitlines() == [
        "metrics.lost.reads=[nowhere]: allowed: assignments, held_out_loss, points, labels"
    ]


def test_what_has_a_schema_of_its_own_goes_through_a_study(own: Callable[..., Any]) -> None:
    chosen = ["data=scaled", "model=shifted", "task=groups", "clusterer=stripes", "+metric=times"]
    settings = ["task.most=7", "metrics.times.factor=3", "study.learning_curve=[]", "tracking=none"]
    answer = own("run", "-m", "seed=0,1", "mix.ratio=0,1", *chosen, *settings)
    assert answer.code == 0, answer.out + answer.err
    (file,) = Path("multirun").glob("*/report/cells.csv")
    cells = pd.read_csv(file)
    names = cells[["data.name", "model.name", "clusterer.name"]].drop_duplicates().to_numpy().tolist()
    assert names == [["scaled", "shifted", "stripes"]]
    assert set(cells["groups/n"]) == {7}  # 18 points in stripes of a hundredth lie in more
    assert set(cells["groups/times"]) == {3 * 18}
