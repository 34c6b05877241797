"""Code of one's own, as README shows it, goes through a whole study from the installed wheel, without a fork."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.seeds import derive_seed

README = Path(__file__).resolve().parents[2] / "README.md"
SWEEP = ["seed=0,1", "mix.ratio=0,1", "study.learning_curve=[]", "quality.n_samples=50"]
SEEDS = (0, 1)


@dataclass(frozen=True)
class Study:
    """What a command has left: what it said, its table by ratio and seed, and how often each stage was computed."""

    out: str
    cells: pd.DataFrame
    computed: Counter[str]
    report: Path

    def column(self, name: str, ratio: float) -> list[float]:
        """A column at a ratio, a value for each seed."""
        values: list[float] = self.cells.loc[ratio, name].tolist()
        return values


@pytest.fixture
def mylab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package that README builds up, in the working folder; its modules can be imported here too."""
    blocks = re.findall(
        r"^```\w+\n((?:# @package \S+\n)?# file: (mylab/\S+)\n.*?)^```$", README.read_text(), re.M | re.S
    )
    for text, path in blocks:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "mylab"
    for name in [name for name in sys.modules if name.partition(".")[0] == "mylab"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def command(environment: Any, warm_python: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The installed command, with its imports behind it; tests/installed/test_wheel.py has it as it is installed."""
    with warm_python(environment.folder / "bin" / "python", tmp_path_factory.mktemp("warm")) as python:
        yield python.folder / "synthmix"


@pytest.fixture
def study(environment: Any, command: Path, mylab: Path) -> Callable[..., Study]:
    """Runs a study by the installed command, with mylab admitted."""
    variables = {"PYTHONPATH": str(mylab.parent), "SYNTHMIX_ALLOW": "mylab."}

    def run(*words: str) -> Study:
        own = f"hydra.searchpath=[file://{mylab}/conf]"
        done = environment.run(command, "run", "-m", own, *SWEEP, *words, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        (report,) = mylab.parent.glob("multirun/*/report")
        lines = (mylab.parent / ".synthmix" / "journal.jsonl").read_text().splitlines()
        cells = pd.read_csv(report / "cells.csv")
        assert set(cells["status"]) == {"finished"}
        table = cells.set_index(["mix.ratio", "seed"]).sort_index()
        return Study(done.stdout + done.stderr, table, Counter(json.loads(line)["stage"] for line in lines), report)

    return run


def rings_split(seed: int) -> Splits:
    dataset: Dataset = importlib.import_module("mylab.data").load_rings()
    return split(dataset, seed=seed, n_train=60, n_val=None, n_test=None, n_reserve=0)


def test_generators_are_fitted_once_for_each_seed_by_two_workers(study: Callable[..., Study]) -> None:
    """One without a schema, and one with a schema of its own."""
    two_workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    found = study("model=ridge_gaussian,checked_gaussian", "clusterer=kmeans,minibatch_kmeans", *two_workers)
    assert set(found.cells["model.name"]) == {"ridge_gaussian", "checked_gaussian"}
    # Real points alone are one cell for both.
    assert found.computed == {"generator": 4, "pool": 4, "quality": 4, "cell": 12, "scores": 12}
    assert all(0 < score <= 1 for ratio in (0, 1) for score in found.column("cluster/ari", ratio))
    # A full covariance of 64 pixels on 100 points comes nearer to the digits than a collapsed model would.
    assert all(score == 0 for score in found.column("quality/alarm_mode_collapse", 1))


def test_a_generator_that_is_changed_is_fitted_again(study: Callable[..., Study], mylab: Path) -> None:
    before = study("model=ridge_gaussian", "tracking=none")
    file = mylab / "models.py"
    file.write_text(file.read_text().replace("self.mean = x.mean(dim=0)", "self.mean = x.median(dim=0).values"))
    after = study("model=ridge_gaussian", "tracking=none")
    assert after.computed - before.computed == {"generator": 2, "pool": 2, "quality": 2, "cell": 2, "scores": 2}
    assert after.column("cluster/ari", 0) == before.column("cluster/ari", 0)
    assert after.column("quality/fd_pca", 1) != before.column("quality/fd_pca", 1)


def test_a_learner_is_fitted_on_the_mixture(study: Callable[..., Study]) -> None:
    words = ["data=rings", "model=duplicate", "clusterer=leader", "clusterer.radius=1.2", "tracking=none"]
    found = study(*words)
    assert set(found.cells["clusterer.name"]) == {"leader"}
    for seed in SEEDS:
        leaders: list[Any] = []
        for point in rings_split(seed).train.x.numpy():
            if all(np.hypot(*(point - leader)) > 1.2 for leader in leaders):
                leaders.append(point)
        assert found.cells.loc[(0, seed), "cluster/n_clusters"] == len(leaders) > 1
    # Copies come after the points that they copy, and lead nothing.
    assert found.column("cluster/ari", 1) == found.column("cluster/ari", 0)


def test_a_data_set_is_split_and_scored_and_a_metric_computes_none_of_it_again(study: Callable[..., Study]) -> None:
    """Purity is a score of synthmix's own: the share of the points that are of the most frequent class."""
    words = ["data=rings", "model=jitter", "tracking=none"]
    before = study(*words)
    assert set(zip(before.cells["data.name"], before.cells["data.n_train"], strict=True)) == {("rings", 60)}
    expected = []
    for seed in SEEDS:
        splits = rings_split(seed)
        kmeans = KMeans(3, n_init=10, random_state=derive_seed(seed, "clusterer") % 2**32).fit(splits.train.x.numpy())
        expected.append(adjusted_rand_score(splits.test.y, kmeans.predict(splits.test.x.numpy())))
    assert before.column("cluster/ari", 0) == pytest.approx(expected)
    assert before.computed == {"quality": 2, "cell": 4, "scores": 4}

    found = study(*words, "+metric=impurity", "study.score=impurity")
    assert "nothing to compute" in found.out
    assert found.computed - before.computed == {"scores": 4}
    for part in ("cluster", "val"):
        impurity, purity = found.cells[f"{part}/impurity"], found.cells[f"{part}/purity"]
        assert impurity.tolist() == pytest.approx((1 - purity).tolist())
    summary = pd.read_csv(found.report / "summary.csv").set_index("mix.ratio")
    difference = np.subtract(*(found.column("cluster/impurity", ratio) for ratio in (1, 0)))
    assert summary.loc[1, "difference"] == pytest.approx(difference.mean())


def test_a_task_puts_out_what_its_metrics_score(study: Callable[..., Study]) -> None:
    found = study("data=rings", "model=jitter", "task=codebook", "clusterer.n_clusters=8", "tracking=none")
    assert not [name for name in found.cells if name.startswith("cluster/")]
    expected = []
    for seed in SEEDS:
        splits = rings_split(seed)
        kmeans = KMeans(8, n_init=10, random_state=seed).fit(splits.train.x.numpy())
        expected.append((kmeans.transform(splits.test.x.numpy()).min(axis=1) ** 2).mean())
    assert found.column("codebook/distortion", 0) == pytest.approx(expected, rel=1e-4)
    summary = pd.read_csv(found.report / "summary.csv").set_index("mix.ratio")
    assert summary.loc[0, "mean"] == pytest.approx(np.mean(expected), rel=1e-4)
    assert found.computed == {"quality": 2, "cell": 4, "scores": 4}
