"""Outputs and raw scores are stored; scores and alarms are derived from them, and nothing is computed for that."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.data.base import Dataset
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import Keys, judged
from synthmix.stages.store import JOURNAL, Store
from synthmix.study.launching import job
from synthmix.tracking import none

STORE = Path(".synthmix")
SMALL = [
    *("data=toy", "data.n_points=400", "data.n_train=60", "data.n_val=60", "data.n_test=50", "quality.n_samples=60"),
    *("model=vae", "model.steps=20", "model.networks.hidden=[8]", "model.latent_dim=2", "model.mixture_components=2"),
    *("tracking=none", "tracking.pictures=false", "representation=pca", "representation.n_components=2"),
]


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*SMALL, *overrides]))


def run(*overrides: str, resources: Resources | None = None) -> job.Outcome:
    """One cell, as Hydra would have it computed by a process that has just begun."""
    outcome = job.Outcome("failed", {})
    job._run(config_of(*overrides), resources or Resources.at(none.Tracker(None, "unit"), STORE), outcome)
    assert outcome.status == "finished"
    return outcome


def journal() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (STORE / JOURNAL).read_text().splitlines()]


def computed() -> list[str]:
    """The stages that were computed, one after the other."""
    return [line["stage"] for line in journal()]


def payload_of(store: Store, stage: str, key: str) -> dict[str, Any]:
    entry = store.find(stage, key)
    assert entry is not None
    return entry.payload


def stored(stage: str) -> list[dict[str, Any]]:
    """The payloads of a stage in the order in which they were computed."""
    return [payload_of(Store(STORE), stage, line["key"]) for line in journal() if line["stage"] == stage]


def test_other_limits_compute_nothing_and_ring_other_alarms() -> None:
    first = run()
    before = computed()
    (quality,) = stored("quality")
    scores = quality["scores"]
    assert not [name for name in scores if "alarm" in name]  # what is stored are the raw scores
    share = scores["precision"] / scores["precision_floor"]
    assert 0 < share < 0.9
    for limit, rings in ((share - 0.01, False), (share + 0.01, True)):
        outcome = run(f"quality.alarms.precision={limit}")
        assert outcome.metrics["quality/alarm_divergence"] == float(rings)
        assert ("divergence" in outcome.alarms) is rings
        assert outcome.key == first.key
        assert outcome.metrics["quality/precision"] == first.metrics["quality/precision"]
    assert computed() == before


def test_limits_are_in_no_key() -> None:
    resources = Resources.at(none.Tracker(None, "unit"), STORE)
    limits = ["quality.alarms.coverage=0.2", "quality.alarms.authenticity=0.9", "quality.alarms.holes=0"]
    assert Keys.of(resources.dependencies(config_of())) == Keys.of(resources.dependencies(config_of(*limits)))


def test_a_generator_is_judged_by_other_points_beside_stored_cells() -> None:
    run()
    before = computed()
    outcome = run("quality.n_samples=40")
    assert computed() == [*before, "quality"]
    assert outcome.metrics["quality/n"] == 40


@pytest.mark.parametrize(("limit", "rings"), [(0.1, False), (0.15, False), (0.2, True)])
def test_an_alarm_follows_from_a_stored_score_and_todays_limit(limit: float, rings: bool) -> None:
    stored = {"scores": {"coverage": 0.12, "coverage_floor": 0.8}, "training": {}}  # .15 of what real points have
    scores, alarms = judged(stored, AlarmsConfig(coverage=limit))
    assert scores == {"quality/coverage": 0.12, "quality/coverage_floor": 0.8, "quality/alarm_mode_collapse": rings}
    assert list(alarms) == (["mode_collapse"] if rings else [])


METRIC = """
import torch
from torchmetrics import Metric


class Largest(Metric):
    higher_is_better = True

    def __init__(self):
        super().__init__()
        self.add_state("share", torch.tensor(0.0))

    def update(self, assignments):
        self.share = FACTOR * assignments.bincount().max() / len(assignments)

    def compute(self):
        return self.share
"""
OWN = ["_target_=mylab.Largest", "name=largest", "reads=[assignments]"]


def test_a_new_and_a_changed_metric_are_derived_from_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warm: Any
) -> None:
    """The later commands are processes of their own, which read the module as it is then."""
    monkeypatch.setenv("SYNTHMIX_ALLOW", "mylab.")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run()
    told, own = [computed()], [f"+metrics.largest.{text}" for text in OWN]
    for factor in ("1", "10"):
        (tmp_path / "mylab.py").write_text(METRIC.replace("FACTOR", factor))
        words = warm.words("-m", "synthmix", "run", *SMALL, *own)
        subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        told.append(computed())
    assert told[1] == [*told[0], "scores"]
    assert told[2] == [*told[1], "scores"]
    assert told[0].count("cell") == 1

    (cell,) = stored("cell")
    counts = cell["outputs"]["test"]["assignments"].bincount()
    share = (counts.max() / counts.sum()).item()
    before, added, changed = (payload["scores"] for payload in stored("scores"))
    assert "cluster/largest" not in before
    assert (added["cluster/largest"], changed["cluster/largest"]) == pytest.approx((share, 10 * share))
    assert {name: added[name] for name in before} == before


def resources_with(test: torch.Tensor, folder: Path) -> Resources:
    """Resources that give these points for test, as an official test set would be, and all others as they are."""

    class WithTest(Resources):
        def dataset(self, config: CellConfig) -> Dataset:
            dataset = super().dataset(config)
            return replace(dataset, test=replace(dataset, x=test, y=torch.arange(len(test)) % 5))

    return WithTest(none.Tracker(None, "unit"), Store(folder))


def bits(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape), value.numpy().tobytes()
    if isinstance(value, dict):
        return {name: bits(item) for name, item in value.items()}
    return [bits(item) for item in value] if isinstance(value, list | tuple) else repr(value)


def results(store: Store) -> dict[str, Any]:
    """What is stored, to the bit, by stage and key, without times."""
    found = {}
    for stage, key in [(manifest.stage, manifest.key) for manifest in store.entries()]:
        payload = payload_of(store, stage, key)
        if stage == "cell":
            found |= {f"outputs for {part}": bits(arrays) for part, arrays in payload["outputs"].items()}
        elif stage == "scores":
            found["scores on val"] = {name: v for name, v in payload["scores"].items() if name.startswith("val/")}
        else:
            found[f"{stage} {key}"] = bits({name: payload[name] for name in payload if name not in NOT_COMPARED})
    return found


NOT_COMPARED = ("seconds", "run_id", "study", "environment", "environment_text")


@pytest.mark.parametrize(
    "overrides",
    [
        ["gate=typicality", "mix.synthetic_weight=0.5"],
        ["representation.fit_on=mixture", "clusterer=som", "trainer.choose=kid"],
        ["task=anomaly_detection", "detector=knn", "+data.normal_class=0", "mix.ratio=2"],
    ],
    ids="-".join,
)
def test_points_of_test_reach_nothing_but_the_outputs_for_them(overrides: list[str], tmp_path: Path) -> None:
    found = []
    for seed in (0, 1):
        points = (1 + 5 * seed) * torch.randn(40, 2, generator=torch.Generator().manual_seed(seed))
        resources = resources_with(points.to(torch.float64), tmp_path / str(seed))
        run("data.n_test=null", *overrides, resources=resources)
        found.append(results(resources.store))
    one, other = found
    assert one.keys() == other.keys()
    stages = {name.partition(" ")[0] for name in one}
    assert stages == {"generator", "pool", "quality", "representation", "outputs", "scores"}
    assert [name for name in one if one[name] != other[name]] == ["outputs for test"]
