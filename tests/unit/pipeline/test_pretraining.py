"""A learner that begins with a net is given the net of a stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synthmix.cell import ComputedCell, run_cell
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import COMPUTED, Stages
from synthmix.seeds import derive_seed
from synthmix.tasks.clustering.deep.autoencoder import Autoencoder
from synthmix.tracking import none

SMALL = [
    *("data=toy", "data.n_points=300", "data.n_train=40", "data.n_val=30", "data.n_test=30", "quality.n_samples=40"),
    *("model=jitter", "tracking=none", "trainer.limit_steps=5"),
    *("clusterer.pretraining.hidden=[8]", "clusterer.pretraining.latent_dim=2"),
]


def config_of(*overrides: str) -> CellConfig:
    with composer() as compose:
        return from_plain(compose([*SMALL, *overrides]))


def computed(folder: Path, *overrides: str) -> tuple[Stages, ComputedCell]:
    """A cell of a process of its own, as it were."""
    config = config_of(*overrides)
    stages = Stages(config, Resources.at(none.Tracker(None, "unit"), folder), none.Run())
    return stages, run_cell(config, stages)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def test_one_net_serves_all_learners_that_begin_with_it_and_no_other(folder: Path) -> None:
    dec, cell = computed(folder, "clusterer=dec")
    assert dec.sources["pretraining"] == COMPUTED
    assert dec.seconds["pretraining"] > 0
    vade, other = computed(folder, "clusterer=vade")
    assert vade.sources["pretraining"] != COMPUTED
    begun = [found.task.estimator.autoencoder_.net_.state_dict() for found in (cell, other)]
    assert all((begun[0][name] == begun[1][name]).all() for name in begun[0])
    for change in ("mix.ratio=0", "mix.synthetic_weight=2", "clusterer.pretraining.batch_size=9", "seed=1"):
        assert computed(folder, "clusterer=dec", change)[0].sources["pretraining"] == COMPUTED, change


def test_it_is_the_net_that_the_weighted_mixture_alone_makes(folder: Path) -> None:
    _, cell = computed(folder, "clusterer=idec", "mix.synthetic_weight=3")
    points, weight = cell.mixture.dataset.x.numpy(), cell.mixture.sample_weight
    seed = derive_seed(0, "pretraining") % 2**32
    alone = Autoencoder([8], latent_dim=2, limit_steps=5, random_state=seed).fit(points, sample_weight=weight)
    found = cell.task.estimator.autoencoder_
    np.testing.assert_array_equal(found.transform(points), alone.transform(points))


def test_a_learner_that_begins_with_no_net_has_no_such_stage(folder: Path) -> None:
    with composer() as compose:
        config = from_plain(compose([*SMALL[:-2], "clusterer=kmeans"]))
    stages = Stages(config, Resources.at(none.Tracker(None, "unit"), folder), none.Run())
    run_cell(config, stages)
    assert stages.depends_on.pretraining is None
    assert "pretraining" not in stages.sources
