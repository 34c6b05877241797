"""What the cells of a process share: loaded once, and what the keys of their stages are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.plain import to_plain
from synthmix.data.split import split
from synthmix.pipeline.resources import CAPACITIES, DEFAULT_CAPACITY, LruCache, Resources
from synthmix.tracking.mlflow.tracker import Tracker

TOY = ["data=toy", "data.n_points=500", "data.n_train=60", "data.n_val=50", "data.n_test=50"]


@pytest.fixture(scope="module")
def config_of() -> Callable[..., CellConfig]:
    def config_of(*overrides: str) -> CellConfig:
        with composer() as compose:
            return from_plain(compose(overrides))

    return config_of


@pytest.fixture
def resources(tracker: Tracker, tmp_path: Path) -> Resources:
    return Resources.at(tracker, tmp_path / "store")


def test_the_cache_computes_once() -> None:
    cache, computed = LruCache(), list[str]()

    def result(stage: str, key: str) -> str:
        return cache.get_or_compute(stage, key, lambda: computed.append(stage + key) or stage + key)

    assert [result("a", "1"), result("a", "2"), result("b", "1"), result("a", "1")] == ["a1", "a2", "b1", "a1"]
    assert computed == ["a1", "a2", "b1"]


@pytest.mark.parametrize("stage", [*CAPACITIES, "anything"])
def test_the_cache_evicts_the_least_recently_used(stage: str) -> None:
    capacity, cache, computed = CAPACITIES.get(stage, DEFAULT_CAPACITY), LruCache(), list[int]()
    for key in [*range(capacity), 0, capacity]:  # key 0 is used again before the one too many comes
        cache.get_or_compute(stage, str(key), lambda key=key: (computed.append(key), key))
    assert computed == [*range(capacity), capacity]
    for key in [capacity, 0, *range(2, capacity)]:
        cache.get_or_compute(stage, str(key), lambda key=key: pytest.fail(f"{key} was evicted"))
    cache.get_or_compute(stage, "1", lambda: (computed.append(1), 1))
    assert computed[-1] == 1


def test_the_cache_keeps_no_failure() -> None:
    cache = LruCache()
    with pytest.raises(ZeroDivisionError):
        cache.get_or_compute("a", "1", lambda: 1 / 0)
    assert cache.get_or_compute("a", "1", lambda: 2) == 2


def test_the_cache_keeps_nothing_that_is_not_there_yet() -> None:
    cache, found = LruCache(), iter([None, "found"])
    assert [cache.get_or_compute("a", "1", lambda: next(found)) for _ in range(3)] == [None, "found", "found"]


def test_a_data_set_is_loaded_once_for_all_its_splits(
    resources: Resources, config_of: Callable[..., CellConfig]
) -> None:
    first = resources.dataset(config_of(*TOY))
    assert resources.dataset(config_of(*TOY, "data.n_train=20", "seed=5", "clusterer=som")) is first
    assert resources.dataset(config_of(*TOY, "data.structure_seed=1")) is not first


@pytest.mark.parametrize("more", [[], ["seed=3"], ["data.n_train=20"], ["data.n_val=100", "seed=2"]])
def test_splits_are_those_of_the_seed_and_the_sizes(
    more: list[str], resources: Resources, config_of: Callable[..., CellConfig]
) -> None:
    config = config_of(*TOY, *more)
    sizes = {key: getattr(config.data, key) for key in ("n_train", "n_val", "n_test", "n_reserve")}
    expected, found = split(resources.dataset(config), seed=config.seed, **sizes), resources.splits(config)
    for part in ("train", "pool", "val", "test"):
        assert torch.equal(getattr(found, part).x, getattr(expected, part).x)
    assert resources.splits(config_of(*TOY, *more, "mix.ratio=3", "clusterer=som")) is found


@pytest.mark.parametrize("n_train", ["null", "60"])
def test_the_dependencies_know_the_size_of_train(
    n_train: str, resources: Resources, config_of: Callable[..., CellConfig]
) -> None:
    config = config_of(*TOY, f"data.n_train={n_train}")
    depends_on = resources.dependencies(config)
    assert depends_on.n_train == len(resources.splits(config).train)
    assert depends_on.digest == resources.dataset(config).spec.digest


def test_all_points_are_the_same_cell_as_their_number(
    resources: Resources, config_of: Callable[..., CellConfig]
) -> None:
    keys = {resources.dependencies(config_of(*TOY, f"data.n_train={n}")).cell.key for n in ("null", "400")}
    assert len(keys) == 1


OTHER: dict[str, Any] = {"shape": "moons", "n_points": 501, "n_clusters": 6, "dimension": 3, "separation": 4.0}


def test_what_a_loader_is_told_changes_the_keys(resources: Resources, config_of: Callable[..., CellConfig]) -> None:
    config = config_of(*TOY)
    read_by_split = {"n_train", "n_val", "n_test", "n_reserve", "normal_class", "pollute", "pollute_share"}
    filled = {"hide", "hide_mechanism", "missing", "impute"}
    told = {*to_plain(config.data)} - read_by_split - filled - {"_target_", "name"}
    assert told == {*OTHER, "structure_seed"}
    keys = {resources.dependencies(config_of(*TOY, f"data.{key}={OTHER.get(key, 1)}")).cell.key for key in sorted(told)}
    assert len(keys | {resources.dependencies(config).cell.key}) == len(told) + 1


def test_the_same_files_in_another_folder_are_the_same_cell(
    data_root: Path, tmp_path: Path, resources: Resources, config_of: Callable[..., CellConfig]
) -> None:
    (tmp_path / "moved").symlink_to(data_root)
    configs = [config_of("data=pendigits", f"data.root={root}") for root in (data_root, tmp_path / "moved")]
    assert len({resources.dependencies(config).cell.key for config in configs}) == 1
