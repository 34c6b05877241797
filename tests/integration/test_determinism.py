"""The same command gives the same numbers to the last bit, and labels reach nothing but the scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.data.base import Dataset, Splits
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import Stages
from synthmix.study.launching import job
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

SMALL = ["data.n_train=50", "quality.n_samples=100", "trainer.limit_steps=30"]


def outcomes_in(folder: Path) -> dict[str, dict[str, float]]:
    """The metrics of a study's cells, by tuning, size, model and ratio, as they were written."""
    found = [json.loads(file.read_text()) for file in folder.rglob("outcome.json")]
    told = [{"tuning": "none"} | outcome["config"] for outcome in found]
    keys = ("tuning", "data.n_train", "model.name", "mix.ratio")
    names = [" ".join(str(config[key]) for key in keys) for config in told]
    assert len(set(names)) == len(names)
    return {name: outcome["metrics"] for name, outcome in zip(names, found, strict=True)}


def test_two_processes_compute_the_same_bits(
    command: Callable[..., Any], process: Callable[..., Any], shared_store: str, tmp_path: Path
) -> None:
    """One of them has done other work before, which must make no difference."""
    models = ["-m", "model=gan,vae,autoencoder,smote", "clusterer=gmm_on_pca", "mix.ratio=1,2.5"]
    words = [*models, *SMALL, f"tracking.uri={shared_store}", "tracking.experiment=determinism"]
    torch.manual_seed(torch.seed() % 1000)
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    assert command("run", *words, folder=tmp_path / "here").code == 0
    assert process("run", *words, folder=tmp_path / "there", fresh=True).code == 0
    here, there = outcomes_in(tmp_path / "here"), outcomes_in(tmp_path / "there")
    assert len(here) == 2 * 9 + 3  # tuned and as configured, with real points alone and three parts of them
    mixed = [metrics for name, metrics in here.items() if not name.endswith(" 0.0")]
    assert all({"cluster/ari", "quality/fd_pca"} <= set(metrics) for metrics in mixed)
    assert len(mixed) == 2 * 8
    assert here == there
    tables = [next((tmp_path / side).rglob("cells.csv")).read_bytes() for side in ("here", "there")]
    assert tables[0] == tables[1]


class Relabelled(Resources):
    """Those of a data set whose labels are permuted: every class has as many points as before, but others."""

    def dataset(self, config: CellConfig) -> Dataset:
        dataset = super().dataset(config)
        test = None if dataset.test is None else relabelled(dataset.test)
        return replace(relabelled(dataset), test=test)


def relabelled(dataset: Dataset) -> Dataset:
    assert dataset.y is not None
    return replace(dataset, y=dataset.y[torch.randperm(len(dataset), generator=torch.Generator().manual_seed(1))])


class Leaking(Resources):
    """Sabotage: what learns sees the points of train in the order of their labels."""

    def splits(self, config: CellConfig) -> Splits:
        splits = super().splits(config)
        assert splits.train.y is not None
        return replace(splits, train=splits.train.take(splits.train.y.argsort(stable=True)))


class LeakingRelabelled(Leaking, Relabelled):
    """The same leak on the permuted labels."""


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    return Tracker(f"sqlite:///{tmp_path_factory.mktemp('leak')}/mlflow.db", "leak")


@pytest.fixture
def run_cell(tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a cell on resources of a kind; gives its metrics, what its task put out, and its generator's weights."""

    def run(kind: type[Resources], config: CellConfig) -> tuple[dict[str, float], list[int], dict[str, torch.Tensor]]:
        # Stages do not depend on labels, so that a store in common would give one kind what another has computed.
        folder = tmp_path / kind.__name__
        folder.mkdir()
        resources = kind.at(tracker, folder / "store")
        monkeypatch.setattr(job, "resources_of", lambda config: resources)
        outcome = job.run_one(config, folder)
        assert outcome.status == "finished", outcome.traceback
        entry = resources.store.find("cell", str(outcome.key))
        assert entry is not None
        assignments = [part["assignments"] for part in entry.payload["outputs"].values()]
        with tracker.open(RunRecord(kind="probe", name="leak")) as opened:
            stages = Stages(config, resources, opened)
            generator = stages.generator(stages.splits()).load()
        weights = generator.state_dict() if isinstance(generator, TrainedGenerator) else {}
        return outcome.metrics, torch.cat(assignments).tolist(), weights

    return run


CELLS = [
    ["model=gan", "clusterer=kmeans"],
    ["model=vae", "clusterer=dbscan", "representation=pca", "clusterer.eps=1.5", "representation.fit_on=mixture"],
    ["model=autoencoder", "clusterer=som"],
    ["model=smote", "clusterer=gmm", "representation=autoencoder"],
    ["model=real", "clusterer=minibatch_kmeans", "representation=vae", "representation.fit_on=mixture"],
    ["data=pendigits", "model=duplicate", "clusterer=kmeans", "mix.synthetic_weight=0.5"],
]


def composed(words: list[str], request: pytest.FixtureRequest) -> CellConfig:
    root = [f"data.root={request.getfixturevalue('data_root')}"] if "data=pendigits" in words else []
    with composer() as compose:
        return from_plain(compose([*words, *root, *SMALL, "tracking.pictures=false"]))


@pytest.mark.parametrize("words", CELLS, ids=" ".join)
def test_permuted_labels_change_scores_and_nothing_else(
    words: list[str], run_cell: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    config = composed(words, request)
    metrics, predicted, weights = run_cell(Resources, config)
    others, predicted_too, weights_too = run_cell(Relabelled, config)
    assert predicted == predicted_too
    assert weights.keys() == weights_too.keys()
    assert all(torch.equal(weights[name], weights_too[name]) for name in weights)
    by_labels = {"acc", "nmi", "ami", "ari", "homogeneity", "completeness", "v_measure", "purity"}
    changed = {name for name in metrics if metrics[name] != others[name]}
    assert changed >= {"cluster/acc", "cluster/nmi", "val/acc", "val/nmi"}
    allowed = {f"{part}/{name}" for part in ("cluster", "val") for name in by_labels}
    assert {name.removesuffix("_covered") for name in changed} <= allowed


def test_a_leak_of_labels_would_show(run_cell: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    config = composed(CELLS[0], request)
    _, predicted, weights = run_cell(Leaking, config)
    _, predicted_too, weights_too = run_cell(LeakingRelabelled, config)
    assert predicted != predicted_too
    assert not all(torch.equal(weights[name], weights_too[name]) for name in weights)
