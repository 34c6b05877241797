"""The costly steps of one cell. Each is computed once, whichever cell asks first, and kept in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from synthmix.config.cell import CellConfig
from synthmix.config.instantiate import instantiate
from synthmix.data.base import Dataset, Splits, digest_of
from synthmix.errors import InvalidInput, TrainingDiverged
from synthmix.generators.base import Generator, Reconstructing, Scoring, Writing
from synthmix.generators.per_class import PerClass
from synthmix.mixing import Mixture
from synthmix.pipeline.classes import check_classes
from synthmix.pipeline.dependencies import Declared
from synthmix.pipeline.fitted import Fitted, StoredPool, labels_of_pool
from synthmix.pipeline.pretraining import begin_with, pretrained
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.training import Watching, fitted, trained
from synthmix.pipeline.tuning import numbered, outputs_of_candidates, tuned
from synthmix.quality.alarms import training_values
from synthmix.quality.features.classifier import ClassifierFeatures, train_classifier
from synthmix.quality.features.extractors import FeatureExtractor, make_extractors
from synthmix.quality.features.inception import InceptionFeatures
from synthmix.quality.scores import log_likelihood, quality_scores, reconstruction_error
from synthmix.quality.texts import scores_of_texts
from synthmix.representations.base import Representation
from synthmix.seeds import derive_seed, pool_seed
from synthmix.stages.inputs import Inputs
from synthmix.stages.key import code_hash, key_of, library_versions
from synthmix.stages.storable import Storable
from synthmix.stages.store import Entry
from synthmix.tracking.base import OpenRun

COMPUTED = "computed"


class Stages:
    """The stages of one cell. None of them sees the config: each computes from the `Inputs` that it declares.

    Args:
        config: of the cell.
        resources: of the process.
        run: of the cell.

    Attributes:
        depends_on: what each stage declares.
        seconds: wall time by stage; of a stage that was reused, that of its computation.
        sources: by stage, `computed`, or the run that it was reused from.
        training_run: of the generator; None where it was not trained, or not logged.
        number: how a rule has chosen the number of clusters; None where none has.
        chosen: the settings `chosen` by tuning, its `criterion`, the key of `candidates`; None for those as configured.
    """

    def __init__(self, config: CellConfig, resources: Resources, run: OpenRun) -> None:
        self.resources, self.run = resources, run
        self.depends_on = resources.dependencies(config)
        self.seconds: dict[str, float] = {}
        self.sources: dict[str, str] = {}
        self.training_run: str | None = None
        self.number: Mapping[str, Any] | None = None
        self.chosen: dict[str, Any] | None = None
        self._candidates: Sequence[Mapping[str, Any]] = ()
        self._split = partial(resources.splits, config)
        self._check_classes = partial(check_classes, config)
        self._watching = Watching.of(config, resources)

    def splits(self) -> Splits:
        """Train, pool, val, test and reserve."""
        return self._split()

    @property
    def n_synthetic(self) -> int:
        """Synthetic points in the mixture, ⌊r·n⌋."""
        return self.depends_on.n_synthetic

    def generator(self, splits: Splits) -> Fitted:
        """The fitted generator. A control is fitted at once, as that costs less than reading it.

        Raises:
            TrainingDiverged: a loss is not finite.
            Unavailable: a class has too few points for a generator of its own.
        """
        declared, cache = self.depends_on.generator, self.resources.cache
        model = self._unfitted(splits, declared.inputs)
        labels = labels_of_pool(model, splits, declared.inputs.seed)
        if not self.depends_on.is_trained or not isinstance(model, Storable):
            own, self.seconds["generator"] = cache.get_or_compute(
                "control", declared.key, lambda: fitted(model, splits, declared.inputs.seed)
            )
            return Fitted(lambda: own, own, labels=labels)
        payload = self._trained(model, splits, declared)
        self.seconds["generator"] = payload["seconds"]
        self.training_run = payload["run_id"]
        if self.training_run is not None:
            self.run.tag("synthmix.generator_run", self.training_run)
        if payload["content"] is None:  # what it has learnt cannot be written down
            own, _ = cache.get_or_compute("control", declared.key, lambda: fitted(model, splits, declared.inputs.seed))
            return Fitted(lambda: own, own, payload["curves"], labels)

        def load() -> Generator:
            return cache.get_or_compute("generator", declared.key, lambda: model.load_state(payload["content"]))

        def block(index: int) -> Tensor:
            seed = pool_seed(declared.inputs.seed)
            stored = self._stored(self.depends_on.pool(index), lambda: {"x": load().draw_block(index, seed)})
            points: Tensor = stored["x"]
            return points

        return Fitted(load, StoredPool(model.block_size, block), payload["curves"], labels)

    def _unfitted(self, splits: Splits, inputs: Inputs) -> Generator:
        """The generator, or one for each class where a supervised task asks for that: no other is given labels."""
        make: Callable[[], Generator] = lambda: instantiate(inputs.model)  # noqa: E731
        if not self.depends_on.is_per_class or splits.train.y is None:
            return make()
        self._check_classes(splits.train.y)
        return PerClass(make, splits.train.y)

    def quality(self, splits: Splits, generator: Fitted) -> None:
        """Scores of the generator's samples against real points that it has not seen.

        They are stored as they are; the alarms over them are derived.
        """
        declared = self.depends_on.quality
        self._stored(declared, lambda: self._quality(splits.for_generators(), generator, declared.inputs))

    def representation(self, splits: Splits, mixture: Mixture) -> Representation:
        """The fitted representation; one that has seen train alone serves all ratios and learners."""
        declared = self.depends_on.representation
        on_mixture = declared.inputs.representation.fit_on == "mixture"
        return self._represented(declared, mixture.dataset if on_mixture else splits.train)

    def pretraining(self, learner: Any, points: NDArray[Any], weight: NDArray[Any] | None) -> None:
        """Gives a learner that begins with a net this net, fitted on the represented mixture, (N, d)."""
        declared = self.depends_on.pretraining
        if declared is not None:
            payload = self._stored(declared, lambda: pretrained(declared.inputs, points, weight))
            self.seconds["pretraining"] = payload["seconds"]
            begin_with(payload["state"], learner)

    def tuning(self, splits: Splits) -> Mapping[str, Any]:
        """The settings that were chosen for the learner, on real training points alone; none where it has no search."""
        number, declared = self._n_clusters(splits), self.depends_on.tuning
        if declared is None:
            return number

        def compute() -> dict[str, Any]:
            return tuned(declared.inputs, splits, self._represented_on_train(splits), number)

        payload = self._stored(declared, compute)
        self.seconds["tuning"] = payload["seconds"]
        self.chosen = {key: payload[key] for key in ("chosen", "criterion", "value")}
        self.chosen["chosen"] = {**number, **payload["chosen"]}
        self._candidates = [{**number, **settings} for settings in payload["candidates"]]
        chosen: Mapping[str, Any] = self.chosen["chosen"]
        return chosen

    def _n_clusters(self, splits: Splits) -> Mapping[str, Any]:
        """The number of clusters that a rule chooses, as a setting; none where it is given."""
        declared = self.depends_on.n_clusters
        if declared is None:
            return {}

        def compute() -> dict[str, Any]:
            return numbered(declared.inputs, splits, self._represented_on_train(splits))

        self.number = self._stored(declared, compute)
        self.seconds["n_clusters"] = self.number["seconds"]
        chosen = {"n_clusters": self.number["chosen"]}
        self.chosen = {"chosen": chosen, "criterion": self.number["rule"], "value": self.number["value"]}
        return chosen

    def candidates(self, splits: Splits) -> None:
        """What the learner puts out with each candidate at ratio 0, where labels can score it."""
        declared = self.depends_on.candidates
        if declared is None or self.chosen is None or splits.test.y is None:
            return

        def compute() -> dict[str, Any]:
            return outputs_of_candidates(declared.inputs, splits, self._represented_on_train(splits), self._candidates)

        self._stored(declared, compute)
        self.chosen["candidates"] = declared.key

    def _represented_on_train(self, splits: Splits) -> Representation:
        return self._represented(self.depends_on.on_train.representation, splits.train)

    def _represented(self, declared: Declared, points: Dataset) -> Representation:
        node, dataset = declared.inputs.representation, points.unlabelled()
        seed = derive_seed(declared.inputs.seed, "representation")
        unfitted: Representation = instantiate(node)
        if not isinstance(unfitted, Storable):
            return unfitted.fit(dataset, seed=seed)
        payload = self._stored(declared, lambda: {"state": unfitted.fit(dataset, seed=seed).state()})
        if payload["state"] is None:  # what it has learnt cannot be written down
            return unfitted.fit(dataset, seed=seed)
        return unfitted.load_state(payload["state"])

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Takes the wall seconds of the block."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start

    def _stored(
        self,
        declared: Declared,
        compute: Callable[[], dict[str, Any]],
        producer: Callable[[], str | None] | None = None,
    ) -> Mapping[str, Any]:
        """The payload of a stage, from memory, from the store or computed; notes where it is from."""
        computed = False
        stage = declared.stage

        def noted() -> dict[str, Any]:
            nonlocal computed
            computed = True
            return compute()

        def look() -> Entry:
            of_cell = producer or (lambda: self.run.id)
            return self.resources.store.get_or_compute(stage, declared.depends_on, noted, of_cell)

        entry = self.resources.cache.get_or_compute(f"stored {stage}", declared.key, look)
        if computed or self.sources.get(stage) == COMPUTED:
            self.sources[stage] = COMPUTED
        else:
            self.sources[stage] = entry.payload.get("run_id") or entry.producer or "a run that was not logged"
        return entry.payload

    def _trained(self, model: Generator, splits: Splits, declared: Declared) -> Mapping[str, Any]:
        diverged = self.resources.diverged
        if declared.key in diverged:
            raise TrainingDiverged(diverged[declared.key])
        with ExitStack() as until_stored:  # a training that counts as finished must not get lost

            def compute() -> dict[str, Any]:
                payload = until_stored.enter_context(trained(model, splits, declared, self._watching))
                if payload["content"] is None:  # this process need not fit it once more
                    self.resources.cache.get_or_compute("control", declared.key, lambda: (model, payload["seconds"]))
                return payload

            try:
                return self._stored(declared, compute, lambda: None)
            except TrainingDiverged as error:
                diverged[declared.key] = str(error)
                raise

    def _quality(self, splits: Splits, fitted: Fitted, inputs: Inputs) -> dict[str, Any]:
        generator, settings, seed = fitted.load(), inputs.quality, inputs.seed
        limits = [settings.n_samples, len(splits.train) + len(splits.pool), generator.capacity]
        n = min(limit for limit in limits if limit is not None)
        if min(n, len(splits.val)) < 2:
            return {"scores": {}, "training": {}}  # a Fréchet distance needs a covariance
        extractors = self._extractors(splits, inputs)
        sample = generator.sample(n, pool_seed(seed))
        scores = quality_scores(sample, splits, extractors, n_samples=n, seed=seed, supervised=settings.supervised)
        if isinstance(generator, Reconstructing):
            scores["reconstruction_error"] = reconstruction_error(splits.val.x, generator.reconstruct(splits.val.x))
        if isinstance(generator, Scoring):
            held_out = log_likelihood(generator.score_samples(splits.val.x))
            scores |= {} if held_out is None else {"log_likelihood": held_out}
        if isinstance(generator, Writing):
            scores |= scores_of_texts(generator, splits, pool_seed(seed))
        return {
            "scores": {name: float(score) for name, score in scores.items()},
            "training": training_values(fitted.curves),
        }

    def _extractors(self, splits: Splits, inputs: Inputs) -> list[FeatureExtractor]:
        """The feature spaces in which samples are compared with real points."""
        names, weights = inputs.quality.extractors, inputs.quality.inception_weights
        key = key_of("extractors", {**self.depends_on.splits, "seed": inputs.seed, "names": names, "weights": weights})

        def make() -> list[FeatureExtractor]:
            extractors = make_extractors(names, splits, lambda: self._classifier(splits, inputs))
            return extractors if weights is None else [*extractors, InceptionFeatures(weights, splits.val.spec)]

        return self.resources.cache.get_or_compute("extractors", key, make)

    def _classifier(self, splits: Splits, inputs: Inputs) -> ClassifierFeatures:
        """The classifier features of the MNIST family, the same for all seeds."""
        reserve = splits.reserve
        if reserve is None:
            raise InvalidInput(f"quality.extractors=classifier: data.name={splits.train.spec.name} has no reserve")
        depends_on = {
            "reserve": digest_of(reserve.x, reserve.y),
            "threads": inputs.threads,
            "code": code_hash("synthmix.quality.features.classifier"),
            "versions": library_versions("torch"),
        }
        declared = Declared("classifier_features", inputs, depends_on)
        payload = self._stored(declared, lambda: train_classifier(reserve).state())
        return ClassifierFeatures.from_state(dict(payload))
