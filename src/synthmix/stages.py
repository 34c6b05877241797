"""The costly steps of a cell, each done once in a process and kept for the cells that share it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import DictConfig

from synthmix.building import fit_representation
from synthmix.config import instantiate, plain
from synthmix.data.base import Dataset, Splits, digest_of
from synthmix.data.base_schema import SIZES
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.generators.base import Generator, Reconstructing
from synthmix.generators.checkpoint import save_generator
from synthmix.generators.trained import TrainedGenerator
from synthmix.generators.trainer import TrainerOptions
from synthmix.metrics.classifier import ClassifierFeatures, train_classifier
from synthmix.metrics.features import FeatureExtractor, make_extractors
from synthmix.metrics.quality import quality_scores, reconstruction_error
from synthmix.mixing import Mixture
from synthmix.pictures import SampleGrids, points_shown
from synthmix.plots.samples import sample_grid
from synthmix.representations.base import Representation
from synthmix.seeds import derive_seed
from synthmix.stage_key import code_hash, key_of, library_versions
from synthmix.store import Store
from synthmix.tracking import LossLogger, Run, Tracker, flatten

T = TypeVar("T")
# How many results of a stage stay in memory, those used last.
KEPT = {"dataset": 4, "splits": 16, "extractors": 32, "representation": 64, "generator": 256}


@dataclass(frozen=True)
class Fitted:
    """A generator, how good its samples are, and where its training was logged.

    Attributes:
        generator: fitted.
        quality: `quality/<metric>` by name.
        seconds: wall time of the training.
        run_id: the MLflow run of the training; None for a control, which has none.
    """

    generator: Generator
    quality: Mapping[str, float]
    seconds: float
    run_id: str | None

    def log_to(self, run: Run) -> dict[str, float]:
        """Names the training in a cell's run; returns the quality as metrics of the cell."""
        run.log_metrics({"time/generator_s": self.seconds})
        if self.run_id is not None:
            run.tag("synthmix.generator_run", self.run_id)
        return dict(self.quality)


class Stages:
    """Datasets, splits, feature extractors and fitted generators, by the key of what they depend on."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.cells: dict[str, tuple[dict[str, float], str]] = {}  # metrics and run id of finished cells, by cell key
        self._memory: dict[str, dict[str, Any]] = {stage: {} for stage in KEPT}

    def dataset(self, config: DictConfig) -> Dataset:
        """The data set of a cell, loaded and checked."""
        node = {key: value for key, value in plain(config.data).items() if key not in SIZES}
        dataset: Dataset = self._once("dataset", {"data": node}, lambda: instantiate(node))
        return dataset

    def splits(self, config: DictConfig) -> Splits:
        """Train, pool, val, test and reserve of a cell."""
        data = plain(config.data)
        sizes = {key: data[key] for key in SIZES}
        depends_on = {"data": data, "seed": config.seed}
        return self._once("splits", depends_on, lambda: split(self.dataset(config), seed=config.seed, **sizes))

    def generator(self, config: DictConfig, splits: Splits) -> Fitted:
        """The fitted generator of a cell, with the quality of its samples."""
        nodes = ("data", "model", "trainer", "quality", "seed", "threads")
        depends_on = {name: plain(config[name]) for name in nodes}
        return self._once("generator", depends_on, lambda: self._fit(config, splits))

    def representation(self, config: DictConfig, splits: Splits, mixture: Mixture) -> Representation:
        """The fitted representation of a cell; one that has seen train alone serves all ratios and clusterers."""
        if config.representation.fit_on == "mixture":
            return fit_representation(config, mixture.dataset)
        depends_on = {name: plain(config[name]) for name in ("data", "representation", "seed", "threads")}
        return self._once("representation", depends_on, lambda: fit_representation(config, splits.train))

    def extractors(self, config: DictConfig, splits: Splits) -> list[FeatureExtractor]:
        """The feature spaces in which samples are compared with real points."""
        names = plain(config.quality.extractors)
        depends_on = {"data": plain(config.data), "seed": config.seed, "names": names, "threads": config.threads}
        return self._once(
            "extractors",
            depends_on,
            lambda: make_extractors(names, splits, partial(self._classifier, config, splits)),
        )

    def _classifier(self, config: DictConfig, splits: Splits) -> ClassifierFeatures:
        """The classifier features of the MNIST family: trained once, kept in the store."""
        reserve = splits.reserve
        if reserve is None:
            raise InvalidInput(f"quality.extractors=classifier: data.name={config.data.name} has no reserve")
        depends_on = {
            "reserve": digest_of(reserve.x, reserve.y),
            "threads": config.threads,
            "code": code_hash("synthmix.metrics.classifier", "synthmix.metrics.features", "synthmix.seeds"),
            "versions": library_versions("torch"),
        }
        store = Store(Path(config.paths.store))
        entry = store.get_or_compute("classifier_features", depends_on, lambda: train_classifier(reserve).state())
        return ClassifierFeatures.from_state(entry.payload)

    def _fit(self, config: DictConfig, splits: Splits) -> Fitted:
        generator: Generator = instantiate(config.model)
        seed = derive_seed(config.seed, "generator")
        if not isinstance(generator, TrainedGenerator):
            start = time.perf_counter()
            generator.fit(generator.material(splits.unlabelled()), seed=seed)
            seconds = time.perf_counter() - start
            return Fitted(generator, self._quality(config, splits, generator), seconds, None)
        with self.tracker.run(
            "generator",
            f"{config.model.name} seed {config.seed}",
            params=flatten({name: plain(config[name]) for name in ("data", "model", "trainer", "seed", "threads")}),
            tags={"synthmix.data_digest": splits.train.spec.digest},
            parent=config.tracking.parent_run_id,
        ) as run:
            start = time.perf_counter()
            _train(generator, config, splits, seed, run)
            seconds = time.perf_counter() - start
            quality = self._quality(config, splits, generator)
            run.log_metrics({"time/generator_s": seconds, **quality})
            with tempfile.TemporaryDirectory() as folder:
                run.log_file(
                    save_generator(generator, plain(config.model), Path(folder) / "generator.pt"), "checkpoint"
                )
        return Fitted(generator, quality, seconds, run.id)

    def _quality(self, config: DictConfig, splits: Splits, generator: Generator) -> dict[str, float]:
        limits = [config.quality.n_samples, len(splits.train) + len(splits.pool), generator.capacity]
        n = min(limit for limit in limits if limit is not None)
        if n < 2:
            return {}  # a Fréchet distance needs a covariance
        sample = generator.sample(n, pool_seed(config.seed))
        scores = quality_scores(sample, splits, self.extractors(config, splits), n_samples=n)
        if isinstance(generator, Reconstructing):
            scores["reconstruction_error"] = reconstruction_error(splits.val.x, generator.reconstruct(splits.val.x))
        return {f"quality/{name}": score for name, score in scores.items()}

    def _once(self, stage: str, depends_on: dict[str, Any], compute: Callable[[], T]) -> T:
        memory = self._memory[stage]
        key = key_of(stage, depends_on)
        result: T = memory.pop(key) if key in memory else compute()
        memory[key] = result  # at the end: the first one is that which was not used for the longest time
        if len(memory) > KEPT[stage]:
            memory.pop(next(iter(memory)))
        return result


def pool_seed(seed: int) -> int:
    """Seed of the one synthetic pool that all ratios of a cell's seed share."""
    return derive_seed(seed, "synthetic pool")


def _train(generator: TrainedGenerator, config: DictConfig, splits: Splits, seed: int, run: Run) -> None:
    trainer = plain(config.trainer)
    grid_every = trainer.pop("grid_every") or max(
        1, min(generator.steps, config.trainer.limit_steps or generator.steps) // 5
    )
    if config.tracking.study is not None:  # the cells of a sweep must not write to one file
        trainer["checkpoint_dir"] = str(Path(trainer["checkpoint_dir"]) / run.id)
    options = TrainerOptions(**trainer, progress_bar=config.tracking.study is None)
    callbacks = [SampleGrids(run, grid_every, pool_seed(config.seed))] if config.tracking.pictures else []
    material = generator.material(splits.unlabelled())
    generator.fit(material, seed=seed, options=options, logger=LossLogger(run), callbacks=callbacks)
    if config.tracking.pictures:
        sample = generator.sample(points_shown(generator.spec), pool_seed(config.seed))
        run.log_figure(sample_grid(sample, generator.spec, real=material.x), "samples/final.png")
