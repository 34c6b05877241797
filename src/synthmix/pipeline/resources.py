"""What the cells of a process share: the tracker, the store of stages, and an LRU cache of their results."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from synthmix.config.cell import CellConfig
from synthmix.config.data import READ_BY_SPLIT, SIZES, DataConfig
from synthmix.config.instantiate import instantiate
from synthmix.config.parts import Parts
from synthmix.config.plain import to_plain
from synthmix.data.base import Dataset, Splits
from synthmix.data.hiding import hidden
from synthmix.data.pollution import polluted
from synthmix.data.split import split
from synthmix.data.transfer import transferred
from synthmix.pipeline.dependencies import Dependencies
from synthmix.stages.key import key_of
from synthmix.stages.store import Store
from synthmix.stages.texts import Texts
from synthmix.tracking.base import Tracker

T = TypeVar("T")
CAPACITIES: Mapping[str, int] = {"dataset": 4, "splits": 2, "stored pool": 64}  # results of a stage in the LRU cache
DEFAULT_CAPACITY = 8


class LruCache:
    """A least-recently-used cache in memory, with a capacity for each stage."""

    def __init__(self) -> None:
        self._results: defaultdict[str, OrderedDict[str, Any]] = defaultdict(OrderedDict)

    def get_or_compute(self, stage: str, key: str, compute: Callable[[], T]) -> T:
        """The cached result of `key`; on a miss that of `compute`, which evicts the least recently used one.

        None is not kept: it says that the store has nothing yet.
        """
        cached = self._results[stage]
        if key not in cached:
            found = compute()
            if found is None:
                return found
            cached[key] = found
        cached.move_to_end(key)
        if len(cached) > CAPACITIES.get(stage, DEFAULT_CAPACITY):
            cached.popitem(last=False)
        result: T = cached[key]
        return result


@dataclass(frozen=True)
class Resources:
    """One for a process, whichever launcher has started it.

    Attributes:
        tracker: where runs are logged.
        store: where stages are kept.
        cache: results of stages in memory.
        diverged: what became of trainings that diverged, by key: they would again.
    """

    tracker: Tracker
    store: Store
    cache: LruCache = field(default_factory=LruCache)
    diverged: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, tracker: Tracker, store: Path) -> Resources:
        """Those over the store in this folder."""
        return cls(tracker, Store(store))

    @property
    def texts(self) -> Texts:
        """What many entries of the store share."""
        return Texts(self.store.root)

    def environment_of(self, payload: Mapping[str, Any]) -> str:
        """The text about the environment in which a stored result was computed."""
        return self.texts.read(payload["environment_text"]) or "the text about this environment was removed\n"

    def dataset(self, config: CellConfig) -> Dataset:
        """The data set of a cell, loaded and checked."""
        return self._loaded(config.data)

    def test_set(self, config: CellConfig) -> Dataset | None:
        """The other data set on which a cell is tested, likewise; None where it is tested on its own."""
        other = config.data.tested_on(config)
        return None if other is None else self._loaded(other)

    def _loaded(self, config: DataConfig) -> Dataset:
        node = {key: value for key, value in to_plain(config).items() if key not in READ_BY_SPLIT}
        dataset: Dataset = self.cache.get_or_compute("dataset", key_of("dataset", node), lambda: instantiate(config))
        return dataset

    def splits(self, config: CellConfig) -> Splits:
        """Train, pool, val, test and reserve of a cell."""
        data, anomalies = to_plain(config.data), config.anomaly_protocol
        sizes = {key: data[key] for key in SIZES}
        protocol = None if anomalies is None else dict(vars(anomalies))
        other = self.test_set(config)
        test = None if other is None else other.spec.digest
        key = key_of("splits", {"data": data, "seed": config.seed, "anomalies": protocol, "test": test})

        def cut() -> Splits:
            splits = split(self.dataset(config), seed=config.seed, anomalies=anomalies, **sizes)
            splits = splits if other is None else transferred(splits, other)
            pollution, hiding = config.data.pollution, config.data.hiding
            if hiding is not None:
                to_models = config.data.missing == "model"
                splits = hidden(splits, hiding, config.data.imputation, config.seed, keeps_gaps=to_models)
            return splits if pollution is None else polluted(splits, pollution, config.seed)

        return self.cache.get_or_compute("splits", key, cut)

    def dependencies(self, config: CellConfig) -> Dependencies:
        """What the stages of a cell depend on."""
        dataset, other = self.dataset(config), self.test_set(config)
        official = None if dataset.test is None else len(dataset.test)
        sizes = {key: getattr(config.data, key) for key in SIZES}
        parts = Parts(n_points=len(dataset), n_official_test=official, **sizes)
        return Dependencies(config, dataset.spec.digest, parts.train, None if other is None else other.spec.digest)
