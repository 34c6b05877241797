"""Which cells a job computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from synthmix.pipeline.resources import Resources
from synthmix.study.launching.blocks import Group, blocks_of
from synthmix.study.plan import make_plan
from synthmix.study.sweep import ask
from synthmix.tracking.mlflow.tracker import Tracker

SEEDS = 40


@pytest.fixture(scope="module")
def todo(tracker: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Group:
    """Forty seeds, of each three cells of one generator, and one of another."""
    words = ["data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"]
    words += [f"seed=range({SEEDS})", "study.learning_curve=[]"]
    cells = [
        *make_plan([*words, "model=gaussian", "mix.ratio=1,2,4"], multirun=True).cells,
        *make_plan([*words, "model=jitter", "mix.ratio=1"], multirun=True).cells,
    ]
    return list(ask(cells, Resources.at(tracker, tmp_path_factory.mktemp("unused"))).values())


def sizes(blocks: Sequence[Group]) -> Counter[int]:
    return Counter(map(len, blocks))


def test_a_job_of_each_cell(todo: Group) -> None:
    assert blocks_of(todo, "cell", 1) == [[pair] for pair in todo]


def test_a_number_limits_the_cells_that_share_a_generator(todo: Group) -> None:
    assert sizes(blocks_of(todo, 2, 1)) == {2: SEEDS, 1: 2 * SEEDS}
    assert sizes(blocks_of(todo, 10, 1)) == {3: SEEDS, 1: SEEDS}


@pytest.mark.parametrize("workers", [1, 2, 4, 16, 1000])
def test_small_groups_are_joined_as_long_as_every_worker_has_its_share(todo: Group, workers: int) -> None:
    blocks = blocks_of(todo, "auto", workers)
    assert [pair for block in blocks for pair in block] == todo
    assert max(map(len, blocks)) <= 64
    assert len(blocks) >= min(8 * workers, 2 * SEEDS) or workers == 1
    homes = [
        (pair[0].config.seed, pair[0].config.model.name, index) for index, block in enumerate(blocks) for pair in block
    ]
    assert len(set(homes)) == 2 * SEEDS  # the cells of a seed and a generator are in one block
    if workers == 1:
        assert len(blocks) == 3
