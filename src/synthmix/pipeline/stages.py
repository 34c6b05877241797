"""The costly steps of one cell. Each is computed once, whichever cell asks first, and kept in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor

from synthmix.config.alarms import AlarmsSchema
from synthmix.config.cell import instantiate, plain
from synthmix.data.base import Splits, digest_of
from synthmix.errors import InvalidInput, TrainingDiverged
from synthmix.gates.base import Sampler
from synthmix.generators.base import Generator, Reconstructing, Scoring
from synthmix.generators.checkpoint import restore
from synthmix.generators.learned import LearnedGenerator
from synthmix.mixing import Mixture
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.training import train
from synthmix.quality.alarms import Curves, alarms
from synthmix.quality.features.classifier import ClassifierFeatures, train_classifier
from synthmix.quality.features.extractors import FeatureExtractor, make_extractors
from synthmix.quality.features.inception import InceptionFeatures
from synthmix.quality.scores import log_likelihood, quality_scores, reconstruction_error
from synthmix.representations.base import Representation, Storable
from synthmix.seeds import derive_seed, pool_seed
from synthmix.stages.key import code_hash, key_of, library_versions
from synthmix.stages.store import Entry
from synthmix.tracking.base import OpenRun

COMPUTED = "computed"


@dataclass(frozen=True)
class Fitted:
    """A fitted generator, read from the store only where it is needed itself, and its pool.

    Attributes:
        load: gives the generator.
        pool: its points.
        run_id: the MLflow run of its training; None for a control, and where MLflow was away.
        curves: the losses of its training, (step, value) by name.
    """

    load: Callable[[], Generator]
    pool: Sampler
    run_id: str | None = None
    curves: Curves = field(default_factory=dict)


@dataclass(frozen=True)
class StoredPool:
    """A pool that is made block by block, as far as somebody has asked for it."""

    block_size: int
    block: Callable[[int], Tensor]
    capacity: int | None = None

    def sample(self, n: int, seed: int) -> Tensor:
        """The first `n` points; the seed is that of the cell."""
        return torch.cat([self.block(index) for index in range(max(1, -(-n // self.block_size)))])[:n]


def alarm_tags(alarms: Mapping[str, str]) -> dict[str, str]:
    """MLflow tags that tell of alarms."""
    return {f"synthmix.alarm.{name}": reasons for name, reasons in alarms.items()}


class Stages:
    """The stages of one cell.

    Args:
        config: of the cell.
        resources: of the process.
        run: of the cell.

    Attributes:
        seconds: wall time by stage; of a stage that was reused, that of its computation.
        sources: by stage, `computed`, or the run that it was reused from.
        alarms: those that ring over the generator, each with its reasons, once its quality is known.
    """

    def __init__(self, config: DictConfig, resources: Resources, run: OpenRun) -> None:
        self.config, self.resources, self.run = config, resources, run
        self.depends_on = resources.dependencies(config)
        self.seconds: dict[str, float] = {}
        self.sources: dict[str, str] = {}
        self.alarms: dict[str, str] = {}

    def splits(self) -> Splits:
        """Train, pool, val, test and reserve."""
        return self.resources.splits(self.config)

    def generator(self, splits: Splits) -> Fitted:
        """The fitted generator. A control is fitted at once, as that costs less than reading it.

        Raises:
            TrainingDiverged: a loss is not finite.
        """
        model: Generator = instantiate(self.config.model)
        if not isinstance(model, LearnedGenerator):
            key = key_of("generator", self.depends_on.generator)
            fitted, self.seconds["generator"] = self.resources.memory.once(
                "control", key, lambda: self._fit(model, splits)
            )
            return Fitted(lambda: fitted, fitted)
        payload = self._trained(model, splits)
        self.seconds["generator"] = payload["seconds"]
        if payload["run_id"] is not None:
            self.run.tag("synthmix.generator_run", payload["run_id"])

        def load() -> Generator:
            key = key_of("generator", self.depends_on.generator)
            return self.resources.memory.once("generator", key, lambda: restore(model, payload["content"]))

        def block(index: int) -> Tensor:
            depends_on = self.depends_on.pool(index)
            seed = pool_seed(self.config.seed)
            points: Tensor = self._stored("pool", depends_on, lambda: {"x": load().draw_block(index, seed)})["x"]
            return points

        return Fitted(load, StoredPool(model.block_size, block), payload["run_id"], payload["curves"])

    def quality(self, splits: Splits, fitted: Fitted) -> dict[str, float]:
        """`quality/<metric>` of the generator's samples, against real points that it has not seen."""
        payload = self._stored("quality", self.depends_on.quality, lambda: self._quality(splits, fitted))
        scores = {f"quality/{name}": float(score) for name, score in payload["scores"].items()}
        tags = alarm_tags(payload["alarms"])
        self.alarms = dict(payload["alarms"])
        if self.sources["quality"] == COMPUTED and fitted.run_id is not None:
            self.resources.tracker.add(fitted.run_id, metrics=scores, tags=tags)
        return scores

    def representation(self, splits: Splits, mixture: Mixture) -> Representation:
        """The fitted representation; one that has seen train alone serves all ratios and clusterers."""
        node = {key: value for key, value in plain(self.config.representation).items() if key != "fit_on"}
        dataset = mixture.dataset if self.config.representation.fit_on == "mixture" else splits.train
        seed = derive_seed(self.config.seed, "representation")
        fitted: Representation = instantiate(node)
        if not isinstance(fitted, Storable):
            return fitted.fit(dataset.unlabelled(), seed=seed)
        payload = self._stored(
            "representation",
            self.depends_on.representation,
            lambda: {"state": fitted.fit(dataset.unlabelled(), seed=seed).state()},
        )
        if payload["state"] is None:  # what it has learnt cannot be written down
            return fitted.fit(dataset.unlabelled(), seed=seed)
        return fitted.load_state(payload["state"])

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Takes the wall seconds of the block."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start

    def _stored(
        self,
        stage: str,
        depends_on: dict[str, Any],
        compute: Callable[[], dict[str, Any]],
        producer: Callable[[], str | None] | None = None,
    ) -> Mapping[str, Any]:
        """The payload of a stage, from memory, from the store or computed; notes where it is from."""
        computed = False

        def noted() -> dict[str, Any]:
            nonlocal computed
            computed = True
            return compute()

        def look() -> Entry:
            return self.resources.store.get_or_compute(stage, depends_on, noted, producer or (lambda: self.run.id))

        entry = self.resources.memory.once(f"stored {stage}", key_of(stage, depends_on), look)
        if computed or self.sources.get(stage) == COMPUTED:
            self.sources[stage] = COMPUTED
        else:
            self.sources[stage] = entry.payload.get("run_id") or entry.producer or "a run that was not logged"
        return entry.payload

    def _fit(self, control: Generator, splits: Splits) -> tuple[Generator, float]:
        start = time.perf_counter()
        control.fit(control.material(splits.unlabelled()), seed=derive_seed(self.config.seed, "generator"))
        return control, time.perf_counter() - start

    def _trained(self, model: LearnedGenerator, splits: Splits) -> Mapping[str, Any]:
        depends_on = self.depends_on.generator
        key = key_of("generator", depends_on)
        if key in self.resources.diverged:
            raise TrainingDiverged(self.resources.diverged[key])
        with ExitStack() as until_stored:  # a training that counts as finished must not get lost

            def compute() -> dict[str, Any]:
                training = train(model, self.config, self.resources, depends_on)
                return until_stored.enter_context(training)

            try:
                return self._stored("generator", depends_on, compute, lambda: None)
            except TrainingDiverged as error:
                self.resources.diverged[key] = str(error)
                raise

    def _quality(self, splits: Splits, fitted: Fitted) -> dict[str, Any]:
        generator = fitted.load()
        quality, seed = self.config.quality, self.config.seed
        limits = [quality.n_samples, len(splits.train) + len(splits.pool), generator.capacity]
        n = min(limit for limit in limits if limit is not None)
        if min(n, len(splits.val)) < 2:
            return {"scores": {}, "alarms": {}}  # a Fréchet distance needs a covariance
        extractors = self._extractors(splits)
        sample = generator.sample(n, pool_seed(seed))
        scores = quality_scores(sample, splits, extractors, n_samples=n, seed=seed, supervised=quality.supervised)
        if isinstance(generator, Reconstructing):
            scores["reconstruction_error"] = reconstruction_error(splits.val.x, generator.reconstruct(splits.val.x))
        if isinstance(generator, Scoring):
            held_out = log_likelihood(generator.score_samples(splits.val.x))
            scores |= {} if held_out is None else {"log_likelihood": held_out}
        rung = alarms(scores, fitted.curves, AlarmsSchema(**plain(quality.alarms)))
        scores |= {f"alarm_{name}": float(bool(reasons)) for name, reasons in rung.items()}
        return {"scores": scores, "alarms": {name: "; ".join(reasons) for name, reasons in rung.items() if reasons}}

    def _extractors(self, splits: Splits) -> list[FeatureExtractor]:
        """The feature spaces in which samples are compared with real points."""
        names, weights = plain(self.config.quality.extractors), self.config.quality.inception_weights
        key = key_of("extractors", self.depends_on.splits | {"names": names, "inception_weights": weights})

        def make() -> list[FeatureExtractor]:
            extractors = make_extractors(names, splits, lambda: self._classifier(splits))
            return extractors if weights is None else [*extractors, InceptionFeatures(weights, splits.val.spec)]

        return self.resources.memory.once("extractors", key, make)

    def _classifier(self, splits: Splits) -> ClassifierFeatures:
        """The classifier features of the MNIST family, the same for all seeds."""
        reserve = splits.reserve
        if reserve is None:
            raise InvalidInput(f"quality.extractors=classifier: data.name={self.config.data.name} has no reserve")
        depends_on = {
            "reserve": digest_of(reserve.x, reserve.y),
            "threads": self.config.threads,
            "code": code_hash("synthmix.quality.features.classifier"),
            "versions": library_versions("torch"),
        }
        payload = self._stored("classifier_features", depends_on, lambda: train_classifier(reserve).state())
        return ClassifierFeatures.from_state(dict(payload))
