"""Which seeds a sequential study adds, of which arms, and the cells that these come to."""

from __future__ import annotations

from typing import Any

import pytest

from synthmix.config.plain import to_plain
from synthmix.study.added import Batch
from synthmix.study.asked import Asked
from synthmix.study.batches import arms_of, batch_size, joined, next_batch, plan_of
from synthmix.study.combination import arm_id
from synthmix.study.plan import Plan, make_plan
from synthmix.study.record import Record

TOY = ["data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"]
SWEEP = ["model=gan,duplicate", "mix.ratio=0,1", "study.sequential=true", "study.learning_curve=[0.5]"]
JOBLIB = "hydra/launcher=joblib"


def planned(*overrides: str) -> Plan:
    return make_plan([*TOY, *SWEEP, *overrides], multirun=True)


def record_of(*plans: Plan) -> Record:
    record = Record("s")
    for plan in plans:
        for config in plan.configs:
            node = to_plain(config)
            asked = Asked(node, 40, key=str(len(record.cells)), generator_key=None, quality_key=None, digest="d")
            record.cells[f"{len(record.cells)}"] = asked
    return record


def of_model(plan: Plan, model: str) -> set[str]:
    return {arm_id(to_plain(config)) for config in plan.configs if config.model.name == model}


def test_an_arm_is_the_same_on_all_seeds() -> None:
    assert arms_of(planned("seed=range(3)")) == arms_of(planned("seed=7"))
    assert len(arms_of(planned("seed=range(3)"))) == 2 * 2
    assert arms_of(planned("seed=0", "clusterer.n_init=3")).isdisjoint(arms_of(planned("seed=0")))


@pytest.mark.parametrize(
    ("seeds", "size", "most", "expected"),
    [
        ("seed=range(6)", 2, 30, [6, 7]),
        ("seed=range(6)", 1, 30, [6]),
        ("seed=3,1,9", 2, 30, [10, 11]),
        ("seed=range(6)", 4, 8, [6, 7]),
        ("seed=range(6)", 2, 6, None),
        ("seed=3,1,9", 2, 4, [10]),
        ("seed=5", 2, 30, [6, 7]),
    ],
)
def test_the_integers_that_follow_up_to_the_most(seeds: str, size: int, most: int, expected: list[int] | None) -> None:
    plan = planned(seeds)
    batch = next_batch(record_of(plan), arms_of(plan), most, size)
    assert (batch and batch.seeds) == expected
    assert batch is None or batch.arms == sorted(arms_of(plan))


def test_seeds_follow_on_those_of_the_arms_that_go_on() -> None:
    first, later = planned("seed=range(4)"), planned("seed=range(4,9)", "model=gan")
    batch = next_batch(record_of(first, later), of_model(first, "duplicate"), 30, 2)
    assert batch is not None
    assert batch.seeds == [4, 5]


def test_the_cells_of_a_batch_are_those_of_its_arms_on_its_seeds() -> None:
    plan = planned("seed=range(6)")
    whole = plan_of(Batch([6, 7], sorted(arms_of(plan))), plan, arms_of(plan))
    again = planned("seed=6,7")
    assert whole.configs == again.configs
    assert [cell.config for cell in whole.curve] == [cell.config for cell in again.curve]
    assert whole.study == again.study == plan.study
    part = plan_of(Batch([8], sorted(of_model(plan, "duplicate") | {"of another command"})), plan, arms_of(plan))
    assert {(config.model.name, config.mix.ratio, config.seed) for config in part.configs} == {
        ("duplicate", 0, 8),
        ("duplicate", 1, 8),
    }
    assert {cell.config.seed for cell in part.curve} == {8}


def test_a_seed_that_is_not_swept_over_is_replaced_too() -> None:
    plan = planned("seed=3")
    assert {config.seed for config in plan_of(Batch([4, 5], sorted(arms_of(plan))), plan, arms_of(plan)).configs} == {
        4,
        5,
    }


@pytest.mark.parametrize(
    ("overrides", "size"),
    [
        (["seed=range(6)"], 2),
        (["seed=range(6)", JOBLIB, "hydra.launcher.n_jobs=1"], 2),
        (["seed=range(6)", JOBLIB, "hydra.launcher.n_jobs=2"], 2),
        (["seed=range(6)", JOBLIB, "hydra.launcher.n_jobs=4"], 4),
        (["seed=range(6)", JOBLIB, "hydra.launcher.n_jobs=64"], 6),
    ],
)
def test_a_batch_has_a_seed_for_each_worker(overrides: list[str], size: int) -> None:
    assert batch_size(planned(*overrides)) == size


def test_consecutive_batches_of_the_same_arms_are_one() -> None:
    batches = [Batch([6, 7], ["a", "b"]), Batch([8, 9], ["a", "b"]), Batch([10], ["b"]), Batch([11], ["a", "b"])]
    assert list(joined(batches)) == [Batch([6, 7, 8, 9], ["a", "b"]), Batch([10], ["b"]), Batch([11], ["a", "b"])]


def test_a_record_keeps_its_batches(tmp_path: Any) -> None:
    record = Record("s", batches=[Batch([6, 7], ["a"])], stopped="stopped after 8 seeds, all arms decided")
    record.write(tmp_path / "study.json")
    assert Record.read(tmp_path / "study.json") == record
