"""The costly steps of a cell: each done once, told where it is from, and the same to the last bit when it is reused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.plain import to_plain
from synthmix.errors import InvalidInput, TrainingDiverged
from synthmix.generators.base import Generator
from synthmix.generators.controls import Truth
from synthmix.mixing import Mixture, mix
from synthmix.pipeline.fitted import Fitted
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import judged
from synthmix.pipeline.stages import COMPUTED, Stages
from synthmix.seeds import derive_seed, pool_seed
from synthmix.stages.store import Store
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

TOY = ["data=toy", "data.n_points=700", "data.n_train=60", "data.n_val=50", "data.n_test=50", "quality.n_samples=50"]
SMALL = {
    "vae": [
        "model=vae",
        "model.steps=5",
        "model.networks.hidden=[8]",
        "model.latent_dim=2",
        "model.mixture_components=2",
    ],
    "gan": ["model=gan", "model.steps=5", "model.networks.hidden=[8]", "model.latent_dim=2", "model.ema_decay=0.9"],
}
AUTOENCODER = [
    *("representation=autoencoder", "representation.generator.steps=3", "representation.generator.networks.hidden=[8]"),
    "representation.generator.latent_dim=2",
]


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*TOY, "tracking.pictures=false", *overrides]))


@pytest.fixture(scope="module")
def vae() -> CellConfig:
    return config_of(*SMALL["vae"])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stages that tests of this module share, where they do no damage."""
    return tmp_path_factory.mktemp("stages")


class Cells:
    """Opens the stages of one cell after another, each with resources of its own unless they are given."""

    def __init__(self, tracker: Tracker, folder: Path) -> None:
        self.tracker, self.folder = tracker, folder

    def resources(self) -> Resources:
        return Resources.at(self.tracker, self.folder)

    @contextmanager
    def open(self, config: CellConfig, resources: Resources | None = None) -> Iterator[Stages]:
        with self.tracker.open(RunRecord(kind="cell", name="a cell")) as run:
            yield Stages(config, resources or self.resources(), run)

    def pool(self, config: CellConfig, n: int, resources: Resources | None = None) -> tuple[Tensor, Stages]:
        with self.open(config, resources) as stages:
            return stages.generator(stages.splits()).synthetic_pool.sample(n, pool_seed(config.seed)), stages

    def trainings(self, config: CellConfig) -> list[str]:
        """Status of every run of this training."""
        with self.open(config) as stages:
            key = stages.depends_on.generator.key
        condition = f"tags.`synthmix.stage_key` = '{key}'"
        runs = self.tracker.client.search_runs([self.tracker.experiment_id], condition)
        return [run.info.status for run in runs]


def run_of(stages: Stages) -> str:
    """The run of the training whose generator a cell has used, as the cell's own run names it."""
    told: str = stages.resources.tracker.client.get_run(stages.run.id).data.tags["synthmix.generator_run"]
    return told


def quality_of(stages: Stages) -> dict[str, float]:
    """What is known of the generator's samples once they were judged."""
    splits = stages.splits()
    stages.quality(splits, stages.generator(splits))
    return known_of(stages)[0]


def known_of(stages: Stages) -> tuple[dict[str, float], dict[str, str]]:
    entry = stages.resources.store.find("quality", stages.depends_on.quality.key)
    assert entry is not None
    return judged(entry.payload, stages.depends_on.config.quality.alarms)


@pytest.fixture
def cells(tracker: Tracker, tmp_path: Path) -> Cells:
    return Cells(tracker, tmp_path / "store")


@pytest.fixture
def shared(tracker: Tracker, stored: Path) -> Cells:
    return Cells(tracker, stored)


@pytest.mark.parametrize("model", sorted(SMALL))
def test_a_training_is_done_once_and_told(model: str, cells: Cells) -> None:
    config = config_of(*SMALL[model], "seed=11")
    resources = cells.resources()
    with cells.open(config, resources) as first:
        first.generator(first.splits())
        assert first.sources == {"generator": COMPUTED}
    run_id = run_of(first)
    for again in (resources, cells.resources()):
        with cells.open(config, again) as stages:
            stages.generator(stages.splits())
            assert stages.sources == {"generator": run_id}
            assert stages.seconds == first.seconds
        assert run_of(stages) == run_id
    assert cells.trainings(config) == ["FINISHED"]


@pytest.mark.parametrize("model", sorted(SMALL))
def test_a_pool_is_the_sample_of_the_restored_generator(model: str, shared: Cells) -> None:
    config = config_of(*SMALL[model])
    longest, _ = shared.pool(config, 1200)
    assert (len(longest), longest.dtype) == (1200, torch.float32)
    with shared.open(config) as stages:
        generator = stages.generator(stages.splits()).load()
    assert torch.equal(generator.sample(1200, pool_seed(config.seed)), longest)
    for n in (0, 1, 499, 500, 501, 1000):
        assert torch.equal(shared.pool(config, n)[0], longest[:n])


def test_a_pool_is_that_of_a_training_without_any_store(shared: Cells, vae: CellConfig) -> None:
    """What is stored is what somebody gets who trains the same generator in a notebook."""
    with shared.open(vae) as stages:
        train = stages.splits().unlabelled().train
    by_hand: Generator = instantiate(vae.model).fit(train, seed=derive_seed(vae.seed, "generator"))
    assert torch.equal(by_hand.sample(700, pool_seed(vae.seed)), shared.pool(vae, 700)[0])


def test_a_pool_grows_by_the_blocks_that_it_lacks(cells: Cells, vae: CellConfig) -> None:
    def blocks() -> list[int]:
        return sorted(entry.depends_on["block"] for entry in Store(cells.folder).entries("pool"))

    assert cells.pool(vae, 300)[1].sources["pool"] == COMPUTED
    assert blocks() == [0]
    _, longer = cells.pool(vae, 1100)
    assert (longer.sources["pool"], blocks()) == (COMPUTED, [0, 1, 2])
    _, shorter = cells.pool(vae, 900)
    assert shorter.sources["pool"] == longer.run.id
    assert blocks() == [0, 1, 2]


def test_stages_that_read_a_pool_do_not_load_the_generator(cells: Cells, vae: CellConfig) -> None:
    cells.pool(vae, 600)
    resources = cells.resources()
    with cells.open(vae, resources) as stages:
        fitted = stages.generator(stages.splits())
        fitted.synthetic_pool.sample(600, pool_seed(vae.seed))
        assert "generator" not in resources.cache._results
        assert fitted.load() is fitted.load()


@pytest.mark.parametrize("ratio", ["0.5", "4"])
@pytest.mark.parametrize("clusterer", ["som", "kmeans"])
def test_cells_of_other_ratios_and_clusterers_train_nothing(ratio: str, clusterer: str, shared: Cells) -> None:
    shared.pool(config_of(*SMALL["vae"]), 10)
    _, stages = shared.pool(config_of(*SMALL["vae"], f"mix.ratio={ratio}", f"clusterer={clusterer}"), 10)
    assert COMPUTED not in stages.sources.values()


# Another process: what it finds in the store, and the pool that it gets.
PROCESS = """
import hashlib, sys
from pathlib import Path
from omegaconf import OmegaConf
from synthmix.config.cell import from_plain
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import judged
from synthmix.pipeline.stages import Stages
from synthmix.seeds import pool_seed
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

store, uri, config = sys.argv[1], sys.argv[2], from_plain(OmegaConf.load(sys.argv[3]))
tracker = Tracker(uri, "unit")
with tracker.open(RunRecord(kind="cell", name="elsewhere")) as run:
    stages = Stages(config, Resources.at(tracker, Path(store)), run)
    splits = stages.splits()
    fitted = stages.generator(splits)
    pool = fitted.synthetic_pool.sample(600, pool_seed(config.seed))
    stages.quality(splits, fitted)
print(*(stages.sources[name] for name in ("generator", "pool", "quality")))
print(hashlib.sha256(pool.numpy()).hexdigest())
"""


def test_another_process_reuses_what_this_one_has_computed(cells: Cells, vae: CellConfig, tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    with cells.open(vae) as stages:
        splits = stages.splits()
        fitted = stages.generator(splits)
        pool = fitted.synthetic_pool.sample(600, pool_seed(vae.seed))
        stages.quality(splits, fitted)
    OmegaConf.save(to_plain(vae), tmp_path / "config.yaml")
    words = [sys.executable, "-c", PROCESS, str(cells.folder), cells.tracker.uri, str(tmp_path / "config.yaml")]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0].split() == [run_of(stages), stages.run.id, stages.run.id]
    assert told[1] == hashlib.sha256(pool.numpy()).hexdigest()


def test_quality_is_computed_once_and_told(cells: Cells, vae: CellConfig) -> None:
    found, sources = [], []
    for _ in range(2):
        with cells.open(vae) as stages:
            found.append(quality_of(stages))
            sources.append((stages.run.id, stages.sources["quality"]))
    assert found[0] == found[1]
    assert sources[0][1] == COMPUTED
    assert sources[1][1] == sources[0][0]
    assert found[0].keys() >= {"quality/fd_pca", "quality/fd_pca_floor", "quality/reconstruction_error"}
    assert found[0]["quality/n"] == 50


def test_supervised_scores_are_given_where_they_are_asked_for(cells: Cells) -> None:
    found = {}
    for asked in ("false", "true"):
        with cells.open(config_of("model=smote", f"quality.supervised={asked}")) as stages:
            found[asked] = quality_of(stages)
    added = found["true"].keys() - found["false"].keys()
    assert added == {"quality/tstr", "quality/trtr", "quality/augmentation_gain"}
    assert {name: found["true"][name] for name in found["false"]} == found["false"]


class KnownDensity(Truth):
    """The generator of toy data that knows how likely a point is."""

    def score_samples(self, x: Tensor) -> Tensor:
        return self.density.log_prob(x)


def test_a_generator_that_knows_its_density_is_scored_by_it_on_val(cells: Cells) -> None:
    with cells.open(config_of("model=truth")) as stages:
        splits = stages.splits()
        generator = KnownDensity().fit(splits.train, seed=0)
        stages.quality(splits, Fitted(lambda: generator, generator))
        scores = known_of(stages)[0]
    assert splits.val.density is not None
    expected = splits.val.density.log_prob(splits.val.x).double().mean().item()
    assert scores["quality/log_likelihood"] == pytest.approx(expected, rel=1e-6)
    assert "quality/reconstruction_error" not in scores


def test_asking_twice_in_one_cell_is_still_computed(cells: Cells, vae: CellConfig) -> None:
    with cells.open(vae) as stages:
        splits = stages.splits()
        for _ in range(2):
            fitted = stages.generator(splits)
            fitted.synthetic_pool.sample(10, 0)
            stages.quality(splits, fitted)
        assert set(stages.sources.values()) == {COMPUTED}


def test_a_result_of_a_run_that_mlflow_has_lost_is_told(cells: Cells, vae: CellConfig) -> None:
    with cells.open(vae) as stages:
        declared, payload = stages.depends_on.quality, {"scores": {"precision": 0.2}, "training": {}}
        stages.resources.store.get_or_compute("quality", declared.depends_on, lambda: payload)
        assert quality_of(stages) == {"quality/precision": 0.2, "quality/alarm_divergence": 1.0}
        assert stages.sources["quality"] == "a run that was not logged"
        assert list(known_of(stages)[1]) == ["divergence"]


def damage(store: Path, stage: str) -> None:
    for file in store.glob(f"{stage}/*/*/payload.pt"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)


@pytest.mark.parametrize("stage", ["generator", "pool"])
def test_a_damaged_stage_is_computed_again_with_a_warning(
    stage: str, cells: Cells, vae: CellConfig, warned: Callable[[str], Any]
) -> None:
    before, _ = cells.pool(vae, 600)
    damage(cells.folder, stage)
    with warned(f"stage {stage} is computed again"):
        again, stages = cells.pool(vae, 600)
    assert torch.equal(again, before)
    assert stages.sources[stage] == COMPUTED
    with warned(""):
        assert cells.pool(vae, 600)[1].sources[stage] != COMPUTED


DIVERGING = (*SMALL["vae"], "model.learning_rate=1e30")


@pytest.fixture
def diverging() -> CellConfig:
    return config_of(*DIVERGING)


def test_a_training_that_diverged_is_not_tried_again(cells: Cells, diverging: CellConfig) -> None:
    resources, told = cells.resources(), []
    for clusterer in ("kmeans", "som"):
        config = config_of(*DIVERGING, f"clusterer={clusterer}")
        with pytest.raises(TrainingDiverged) as error, cells.open(config, resources) as stages:
            stages.generator(stages.splits())
        told.append(str(error.value))
    assert told[0] == told[1]
    assert "is nan at step" in told[0]
    assert cells.trainings(diverging) == ["FAILED"]
    assert list(resources.store.entries()) == []


def test_another_seed_of_a_diverged_training_is_tried(cells: Cells, diverging: CellConfig, vae: CellConfig) -> None:
    resources = cells.resources()
    with pytest.raises(TrainingDiverged), cells.open(diverging, resources) as stages:
        stages.generator(stages.splits())
    assert len(cells.pool(vae, 10, resources)[0]) == 10


@pytest.mark.parametrize("model", ["duplicate", "jitter", "smote", "real", "truth"])
def test_a_control_is_fitted_at_once_and_stores_nothing(model: str, cells: Cells) -> None:
    config = config_of(f"model={model}")
    resources = cells.resources()
    pools = [cells.pool(config, 300, used) for used in (resources, resources, cells.resources())]
    for pool, stages in pools:
        assert torch.equal(pool, pools[0][0])
        assert stages.sources == {}
        assert stages.seconds.keys() == {"generator"}  # of a result that was reused, the seconds of its computation
    with cells.open(config) as stages:
        fitted = stages.generator(stages.splits())
        assert fitted.load() is fitted.synthetic_pool
    assert "synthmix.generator_run" not in cells.tracker.client.get_run(stages.run.id).data.tags
    assert list(resources.store.entries()) == []


def test_quality_of_a_control_is_stored_too(cells: Cells) -> None:
    config, found = config_of("model=smote"), []
    for _ in range(2):
        with cells.open(config) as stages:
            found.append(quality_of(stages))
    assert found[0] == found[1]
    assert stages.sources["quality"] != COMPUTED


def test_the_oracle_is_judged_by_as_many_points_as_it_has(cells: Cells) -> None:
    config = config_of("model=real", "data.n_train=590", "quality.n_samples=50")
    with cells.open(config) as stages:  # 700 points less 50 of val, 50 of test and 590 of train: 10 are left
        assert quality_of(stages)["quality/n"] == 10


def mixture_of(stages: Stages, shift: float = 0.0) -> Mixture:
    train = stages.splits().train
    return mix(train, train.x[:20] + shift, 1.0)


def transformed(cells: Cells, config: CellConfig, shift: float = 0.0) -> tuple[Tensor, Stages]:
    with cells.open(config) as stages:
        fitted = stages.representation(stages.splits(), mixture_of(stages, shift))
        return torch.as_tensor(fitted.transform(stages.splits().test.x)), stages


@pytest.mark.parametrize("fit_on", ["train", "mixture"])
@pytest.mark.parametrize("overrides", [["representation=pca", "representation.n_components=2"], AUTOENCODER])
def test_a_representation_is_the_same_computed_or_read(overrides: list[str], fit_on: str, cells: Cells) -> None:
    config = config_of(*overrides, f"representation.fit_on={fit_on}", "model=duplicate")
    first, computed = transformed(cells, config)
    again, reused = transformed(cells, config)
    assert torch.equal(first, again)
    assert computed.sources == {"representation": COMPUTED}
    assert reused.sources == {"representation": computed.run.id}


def test_a_representation_sees_what_it_is_to_be_fitted_on(cells: Cells) -> None:
    pca = ["representation=pca", "representation.n_components=1", "model=duplicate"]
    on_train = transformed(cells, config_of(*pca))[0]
    assert torch.equal(transformed(cells, config_of(*pca, "mix.ratio=4", "clusterer=som"), 9.0)[0], on_train)
    on_mixture = transformed(cells, config_of(*pca, "representation.fit_on=mixture"), 9.0)[0]
    assert not torch.allclose(on_mixture, on_train)


def test_a_representation_on_train_is_fitted_once_for_all_cells(cells: Cells) -> None:
    pca = ["representation=pca", "representation.n_components=1"]
    for more in (["model=duplicate", "mix.ratio=0"], ["model=smote", "mix.ratio=4"], ["clusterer=som"]):
        transformed(cells, config_of(*pca, *more))
    assert len(list(Store(cells.folder).entries("representation"))) == 1


def test_identity_changes_nothing(cells: Cells) -> None:
    for _ in range(2):
        points, stages = transformed(cells, config_of("model=duplicate"))
        assert torch.equal(points, torch.as_tensor(stages.splits().test.x.flatten(1)))


def test_stages_are_kept_though_mlflow_is_away(tmp_path: Path, vae: CellConfig) -> None:
    tracker = Tracker("http://127.0.0.1:9", "unit")
    with tracker.open(RunRecord(kind="cell", name="a cell")) as run:
        stages = Stages(vae, Resources.at(tracker, tmp_path / "store"), run)
        splits = stages.splits()
        fitted = stages.generator(splits)
        assert len(fitted.synthetic_pool.sample(10, pool_seed(vae.seed))) == 10
        stages.quality(splits, fitted)
        assert known_of(stages)[0]["quality/n"] == 50
    assert run.id is None
    assert "a run that was not logged" not in stages.sources.values()  # it was computed here
    assert {entry.stage for entry in Store(tmp_path / "store").entries()} == {"generator", "pool", "quality"}


def test_classifier_features_need_a_reserve(cells: Cells) -> None:
    config = config_of("model=duplicate", "quality.extractors=[classifier]")
    with pytest.raises(InvalidInput, match=r"data\.name=toy has no reserve"), cells.open(config) as stages:
        stages.quality(stages.splits(), stages.generator(stages.splits()))
