"""Which cells of a study are still to be computed, in which order, and which failures it remembers."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthmix.cli import main
from synthmix.config.plain import to_plain
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.stages.store import Store
from synthmix.study.asked import Asked
from synthmix.study.plan import Plan, PlannedCell, make_plan
from synthmix.study.record import Studies
from synthmix.study.sweep import Asking, ask, missing
from synthmix.tracking.mlflow.tracker import Tracker

TOY = [
    *("data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"),
    "study.learning_curve=[]",
]


def planned(*overrides: str) -> Plan:
    return make_plan([*TOY, *overrides], multirun=True)


@pytest.fixture
def resources(tracker: Tracker, tmp_path: Path) -> Resources:
    return Resources.at(tracker, tmp_path / "store")


@pytest.fixture(scope="module")
def arms(tracker: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """Three models at three ratios, two seeds and two clusterers."""
    sweep = ["model=gan,vae,duplicate", "mix.ratio=0,1,4", "seed=0,1", "clusterer=kmeans,som"]
    return ask(planned(*sweep).cells, Resources.at(tracker, tmp_path_factory.mktemp("unused")))


def told(pair: tuple[PlannedCell, Asked]) -> tuple[str, float, int, str]:
    config = pair[0].config
    return config.model.name, config.mix.ratio, config.seed, config.clusterer.name


def finish(store: Store, pairs: Sequence[tuple[PlannedCell, Asked]]) -> None:
    for _, asked in pairs:
        depends_on = asked.depends_on()
        store.get_or_compute("cell", depends_on.cell.depends_on, lambda: {"status": "finished"})
        if asked.quality_key is not None:
            store.get_or_compute("quality", depends_on.quality.depends_on, lambda: {"scores": {}})


def train(store: Store, asked: Asked) -> None:
    store.get_or_compute("generator", asked.depends_on().generator.depends_on, lambda: {"content": 0})


def test_every_combination_is_asked_for_with_its_keys(arms: Asking) -> None:
    assert len(arms) == 3 * 3 * 2 * 2
    for (cell, asked), key in itertools.product(list(arms.values())[:3], ["model", "mix", "seed", "clusterer"]):
        assert asked.config[key] == to_plain(cell.config)[key]
    assert {asked.n_train for _, asked in arms.values()} == {40}
    trained = {told(pair)[0] for pair in arms.values() if pair[1].generator_key is not None}
    assert trained == {"gan", "vae"}
    assert len({asked.generator_key for _, asked in arms.values()} - {None}) == 2 * 2  # models × seeds


def test_the_same_combination_twice_is_asked_for_once(resources: Resources) -> None:
    plan = planned("model=duplicate", "seed=0,0,1")
    assert (len(plan.cells), len(ask(plan.cells, resources))) == (3, 2)


def test_a_missing_file_is_found_before_a_cell_starts(resources: Resources, tmp_path: Path) -> None:
    file = tmp_path / "points.npz"
    np.savez(file, x=np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32))
    table = ["data=table", f"data.path={file}", "clusterer.n_clusters=3", "model=duplicate", "mix.ratio=0,1"]
    plan = make_plan(table, multirun=True)
    file.unlink()
    with pytest.raises(InvalidInput, match=r"points\.npz"):
        ask(plan.cells, resources)


def test_of_cells_that_are_one_only_one_is_missing(arms: Asking, resources: Resources) -> None:
    todo = missing(arms, resources)
    assert len({asked.key for _, asked in todo}) == len(todo) == 3 * 2 * 2 * 2 + 2 * 2
    assert {told(pair)[0] for pair in todo if told(pair)[1] == 0} == {"gan"}  # the first that has asked for it


def test_one_cell_for_each_training_goes_first(arms: Asking, resources: Resources) -> None:
    todo = missing(arms, resources)
    first, rest = todo[:4], todo[4:]
    assert sorted({told(pair)[::2] for pair in first}) == [(m, s) for m in ("gan", "vae") for s in (0, 1)]
    assert len({asked.generator_key for _, asked in first}) == 4
    assert {told(pair)[0] for pair in rest} == {"gan", "vae", "duplicate"}


def test_a_training_that_is_stored_need_not_go_first(arms: Asking, resources: Resources) -> None:
    stored = {told(pair)[::2]: pair[1] for pair in arms.values() if pair[1].generator_key is not None}
    for (_, seed), asked in stored.items():
        if seed == 0:
            train(resources.store, asked)
    leading = [told(pair) for pair in missing(arms, resources)[:2]]
    assert {cell[::2] for cell in leading} == {("gan", 1), ("vae", 1)}


def test_what_is_stored_is_missing_no_more(arms: Asking, resources: Resources) -> None:
    todo = missing(arms, resources)
    finish(resources.store, todo[:10])
    left = missing(arms, resources)
    assert {asked.key for _, asked in left} == {asked.key for _, asked in todo[10:]}
    finish(resources.store, left)
    assert missing(arms, resources) == []


def test_a_baseline_that_one_arm_has_computed_is_missing_for_none(arms: Asking, resources: Resources) -> None:
    vae = [pair for pair in arms.values() if told(pair)[:2] == ("vae", 0)]
    finish(resources.store, vae)
    assert 0 not in {told(pair)[1] for pair in missing(arms, resources)}


def test_a_damaged_cell_is_missing(arms: Asking, resources: Resources, warned: Callable[[str], Any]) -> None:
    finish(resources.store, missing(arms, resources))
    file = next(resources.store.root.glob("cell/*/*/payload.pt"))
    file.write_bytes(file.read_bytes()[:-1])
    with warned("stage cell will be computed again"):
        (pair,) = missing(arms, resources)
    assert pair[1].key == file.parent.name


@pytest.mark.parametrize(
    ("more", "new"),
    [
        (["seed=0,1,2"], {2}),
        (["mix.ratio=0,1,2", "seed=0,1"], {2.0}),
        (["model=duplicate,smote", "seed=0,1"], {"smote"}),
    ],
    ids=str,
)
def test_an_extended_study_lacks_the_new_cells_only(more: list[str], new: set[Any], resources: Resources) -> None:
    base = ["model=duplicate", "mix.ratio=0,1", "seed=0,1"]
    finish(resources.store, missing(ask(planned(*base).cells, resources), resources))
    given = dict(text.split("=", 1) for text in [*base, *more])
    left = missing(ask(planned(*(f"{k}={v}" for k, v in given.items())).cells, resources), resources)
    assert left
    for pair in left:
        assert new & set(told(pair))


def test_the_keys_are_those_that_the_cells_themselves_have(resources: Resources) -> None:
    plan = planned("model=vae", "mix.ratio=1", "data.n_train=null")
    ((cell, asked),) = ask(plan.cells, resources).values()
    depends_on = resources.dependencies(cell.config)
    assert (asked.key, asked.n_train) == (depends_on.cell.key, 400)
    assert asked.generator_key == depends_on.generator.key


# A generator of the user's own, which fails while there is a file of that name.
FLAKY = """
from pathlib import Path
from synthmix.generators.controls import Duplicate

class Flaky(Duplicate):
    def fit(self, dataset, *, seed):
        if Path("broken").exists():
            raise OSError("the disk is full")
        return super().fit(dataset, seed=seed)
"""


@pytest.fixture
def flaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    (tmp_path / "flaky_lab.py").write_text(FLAKY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SYNTHMIX_ALLOW", "flaky_lab.")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    (tmp_path / "broken").touch()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield [*TOY, "model=duplicate", "model._target_=flaky_lab.Flaky", "quality.n_samples=30"]
    for number, handler in kept.items():
        signal.signal(number, handler)


def failures(store: Path) -> list[str]:
    (name,) = Studies(store).names()
    return list(Studies(store).read(name).failures.values())


def test_a_failure_is_kept_until_its_cell_has_a_result(
    flaky: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, store = ["run", "-m", *flaky, "mix.ratio=1"], tmp_path / ".synthmix"
    assert main([*study, "seed=0,1"]) == 1
    assert failures(store) == ["OSError: the disk is full"] * 2
    assert capsys.readouterr().out.count("the disk is full") == 2

    (tmp_path / "broken").unlink()
    assert main([*study, "seed=1"]) == 1  # the one of seed 0 has not been tried again
    assert failures(store) == ["OSError: the disk is full"]
    capsys.readouterr()

    assert main(["run", *flaky, "mix.ratio=1", "seed=0"]) == 0  # it has a result now, though of another command
    assert main([*study, "seed=0,1"]) == 0
    assert failures(store) == []
    assert "the disk is full" not in capsys.readouterr().out
