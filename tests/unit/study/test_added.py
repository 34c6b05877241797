"""The cells that a study adds: the oracle's up to twice the largest mixture, and the tuned ones as configured."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from synthmix.study.added import longer_counts, ratio_of
from synthmix.study.plan import Plan, make_plan

# 500 points less 50 of test and of val: 400 to learn from, 360 of them in the pool.
TOY = ["data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"]


def planned(*overrides: str) -> Plan:
    return make_plan([*TOY, *overrides], multirun=True)


@pytest.mark.parametrize(
    ("words", "ratio", "n", "needed", "left", "enough"),
    [
        (["data.n_train=null"], 1, 400, 400, "none are", 200),
        (["data.n_train=399"], 1, 399, 399, "1 is", 200),
        (["data.n_train=100", "mix.ratio=0,1,4"], 4, 100, 400, "300 are", 80),
    ],
)
def test_an_oracle_that_the_pool_is_too_short_for_is_told(
    words: Sequence[str], ratio: int, n: int, needed: int, left: str, enough: int
) -> None:
    plan = [*TOY, "model=gaussian,real", "mix.ratio=0,1", *words]
    (found,) = make_plan(plan, multirun=True).warnings()
    assert found == (
        f"the oracle (model=real) has no scores at ratio {ratio} with {n} points of toy: it needs {needed} "
        f"further ones, and {left} left; data.n_train={enough} leaves enough"
    )
    assert make_plan([*plan, f"data.n_train={enough}"], multirun=True).warnings() == []


def oracle_sizes(*overrides: str) -> list[int]:
    """The real points that the added cells of the oracle make of n."""
    found = []
    for cell in planned(*overrides).curve:
        if cell.config.mix.ratio > 0:
            assert (cell.config.model.name, cell.config.tracking.part) == ("real", "curve")
            n = cell.config.data.n_train
            assert n is not None
            found.append(n + int(cell.config.mix.ratio * n + 1e-9))
    return found


@pytest.mark.parametrize(
    ("ratios", "sizes"),
    [
        ("0,1", [113, 160]),  # 80·√2 and 80·2
        ("0,1,4", [283, 400]),  # 200·√2 and 200·2, the whole pool
        ("0,4.5", [311, 400]),  # 220·√2; 440 are not there
        ("0,7", [400]),  # 320·√2 = 453 is not there either
        ("0,9", []),  # the sweep itself has all of them
    ],
)
def test_the_oracle_reaches_twice_the_largest_mixture_or_the_end_of_the_pool(ratios: str, sizes: list[int]) -> None:
    expected = [size for size in sizes if size]
    assert oracle_sizes("model=duplicate,real", f"mix.ratio={ratios}") == expected


def test_the_largest_mixture_may_be_that_of_another_arm() -> None:
    study = ["model=smote,real", "mix.ratio=1,3", "seed=0"]
    assert oracle_sizes(*study) == [226, 320]


def test_each_seed_and_learner_has_them_once() -> None:
    sweep = ["model=duplicate,real,vae", "mix.ratio=0,1", "seed=0,1,2", "clusterer=kmeans,som"]
    plan = planned(*sweep, "quality.n_samples=50,60")
    cells = [cell.config for cell in plan.curve if cell.config.mix.ratio > 0]
    assert len(cells) == 2 * 3 * 2
    assert len({(cell.seed, cell.learner.name, cell.mix.ratio) for cell in cells}) == len(cells)


@pytest.mark.parametrize(
    "words",
    [
        ["model=duplicate,truth"],
        ["model=duplicate,real", "study.learning_curve=[]"],
        ["model=real", "mix.synthetic_weight=0.5"],
        ["model=real", "gate=top_k"],
        ["model=real", "mix.ratio=0"],
    ],
    ids=str,
)
def test_without_an_oracle_on_the_curve_there_are_none(words: Sequence[str]) -> None:
    assert oracle_sizes("mix.ratio=0,1", *words) == []


def test_a_pool_whose_length_labels_decide_is_not_taken_whole() -> None:
    detection = ["task=anomaly_detection", "data.normal_class=0", "model=real", "mix.ratio=0,7"]
    assert oracle_sizes(*detection) == []


@pytest.mark.parametrize(
    ("pool", "known", "counts"),
    [
        (1000, {100}, [183, 300]),
        (300, {100}, [183, 300]),
        (299, {100}, [183, 299]),
        (183, {100}, [183]),
        (182, {100}, [182]),
        (100, {100}, []),
        (99, {100}, [99]),  # one that asks for more than there is has no result
        (0, {100}, []),
        (1000, {100, 183}, [300]),
    ],
)
def test_the_counts_of_a_hundred_and_a_largest_mixture_of_two_hundred(
    pool: int, known: set[int], counts: list[int]
) -> None:
    assert longer_counts(100, 200, known, pool, pool) == counts


@pytest.mark.parametrize(
    ("count", "n", "ratio"),
    [(100, 100, 1.0), (183, 100, 1.83), (1, 3, 0.4), (2, 3, 0.7), (999, 1000, 0.999)],
)
def test_a_ratio_is_written_as_short_as_can_be(count: int, n: int, ratio: float) -> None:
    assert ratio_of(count, n) == ratio


def test_tuned_cells_stand_beside_themselves_as_configured() -> None:
    plan = planned("model=duplicate,real", "mix.ratio=0,1", "seed=0,1", "clusterer=kmeans,gmm")
    tuned = [cell.config for cell in plan.cells if cell.config.learner.name == "gmm"]
    untuned = [cell.config for cell in plan.configured]
    assert {cell.config.tuning for cell in (*plan.cells, *plan.curve)} == {"held_out"}
    assert {(cell.tuning, cell.tracking.part, cell.learner.name) for cell in untuned} == {("none", "configured", "gmm")}
    told = [[(c.model.name, c.mix.ratio, c.seed) for c in cells] for cells in (tuned, untuned)]
    assert told[0] == told[1]
    assert planned("model=real", "mix.ratio=0,1", "clusterer=gmm", "tuning=none").configured == []


def test_a_baseline_that_is_added_is_there_as_configured_too() -> None:
    plan = planned("model=duplicate", "mix.ratio=1", "clusterer=gmm")
    found = [(cell.config.mix.ratio, cell.config.data.n_train) for cell in plan.configured]
    assert found == [(1.0, 40), (0, 40)]


def test_a_single_cell_adds_nothing() -> None:
    plan = make_plan([*TOY, "model=real", "clusterer=gmm", "tuning=held_out"], multirun=False)
    assert (plan.curve, plan.configured, plan.warnings()) == ([], [], [])


def test_an_oracle_that_was_asked_for_before_counts() -> None:
    plan = planned("model=vae", "mix.ratio=1")
    assert len(plan.warnings()) == 1
    known = {"model": {"name": "real"}, "mix": {"synthetic_weight": 1.0}, "gate": {"name": "none"}}
    assert plan.warnings([known]) == []
    assert len(plan.warnings([known | {"gate": {"name": "top_k"}}])) == 1
