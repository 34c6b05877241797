"""What each stage of a cell depends on: the one place that says so. A stage's key is the hash of what is named here.

What a stage does not depend on (ratio and learner for a generator) must not be named, or it would be computed again;
what it does depend on cannot be left out, because its computation is given the `Inputs` that are declared here in place
of the config, and can read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import packages_distributions
from typing import Any

from synthmix.config.cell import CellConfig
from synthmix.config.nodes import member_types
from synthmix.config.plain import to_plain
from synthmix.config.sections.mix import synthetic_count
from synthmix.generators.roles import is_stored, knows_labels, trainer_keys
from synthmix.stages.import_closure import is_own
from synthmix.stages.inputs import Inputs
from synthmix.stages.key import code_hash, key_of, library_versions, source_hash

LIBRARIES = ("numpy", "pytorch-lightning", "scikit-learn", "scipy", "torch", "torchmetrics")
SPLIT = ("synthmix.data.split", "synthmix.seeds")
POLLUTION = ("synthmix.data.pollution",)
HIDING = ("synthmix.data.hiding",)
TRANSFER = ("synthmix.data.transfer",)
MIXING = ("synthmix.mixing", "synthmix.gates.base")
TRAINING = ("synthmix.pipeline.training",)
CLASSES = ("synthmix.generators.per_class",)
CHOICE = ("synthmix.quality.choice", "synthmix.generators.training.choice")
STAGES = ("synthmix.pipeline.stages", "synthmix.pipeline.fitted")
LEARNING = ("synthmix.tasks.seeding",)
TUNING = ("synthmix.tasks.tuning",)
NUMBER = ("synthmix.tasks.clustering.number.rules",)
FLOW = ("synthmix.cell", *STAGES)
QUALITY = (
    *("synthmix.quality.scores", "synthmix.quality.features.extractors"),
    *("synthmix.quality.features.classifier", "synthmix.quality.features.inception"),
    "synthmix.quality.texts",
)
QUALITY_KEYS = ("extractors", "n_samples", "supervised", "inception_weights")
INCEPTION = "torch_fidelity.feature_extractor_inceptionv3.FeatureExtractorInceptionV3"
# How a training is watched, and where it leaves its checkpoints, makes no difference to what it ends with.
WATCHED = tuple(f"trainer.{key}" for key in ("log_every", "grid_every", "checkpoint_every", "checkpoint_dir"))
CHOOSING = ("choose", "choose_every")


@dataclass(frozen=True)
class Declared:
    """A stage of one cell.

    Attributes:
        stage: its name in the store.
        inputs: what its computation can read of the config.
        depends_on: everything that its result depends on: the hashed inputs, what comes before it, code and versions.
    """

    stage: str
    inputs: Inputs
    depends_on: dict[str, Any]

    @cached_property
    def key(self) -> str:
        """In the store."""
        return key_of(self.stage, self.depends_on)


class Dependencies:
    """What the stages of one cell depend on, as plain values that a person can read in a manifest.

    Args:
        config: of the cell.
        digest: of the data set.
        n_train: points of train.
        test_digest: of another data set, on which the cell is tested; None where it is tested on its own.
    """

    def __init__(self, config: CellConfig, digest: str, n_train: int, test_digest: str | None = None) -> None:
        self.config, self.digest, self.n_train, self.test_digest = config, digest, n_train, test_digest

    @cached_property
    def splits(self) -> dict[str, Any]:
        """Points and their order; where the files lie and what they are called makes no difference."""
        data = self.config.data
        sizes = {"n_train": self.n_train, "n_val": data.n_val, "n_test": data.n_test, "n_reserve": data.n_reserve}
        protocol = self.config.anomaly_protocol
        anomalies = {} if protocol is None else {"anomalies": dict(vars(protocol))}
        done = data.pollution  # beside the split, so that clean points have the keys that they always had
        pollution = {} if done is None else {"pollution": {**vars(done), "code": code_hash(*POLLUTION)}}
        hidden = {} if data.hiding is None else {"hiding": {**vars(data.hiding), **self._filled}}
        return {"data": {"name": data.name_in_keys, "digest": self.digest, **sizes, **anomalies, **pollution, **hidden}}

    @property
    def _filled(self) -> dict[str, Any]:
        """How what was hidden is filled, and whether generators are told."""
        data = self.config.data
        return {"impute": data.imputation, "model": data.missing == "model", "code": code_hash(*HIDING)}

    @cached_property
    def generator(self) -> Declared:
        """Train, the model and, where it reads them, the settings of its training."""
        choosing = self.config.trainer.choose != "last"
        read = [key for key in trainer_keys(self.config.model._target_) if choosing or key not in CHOOSING[1:]]
        keys = ("seed", "threads", "model", *(f"trainer.{key}" for key in read))
        modules = (
            *SPLIT,
            *(CHOICE if choosing and CHOOSING[0] in read else ()),
            *(CLASSES if self.is_per_class else ()),
        )
        before = {**self.splits, **({"labels": "per_class"} if self.is_per_class else {})}
        return self._declared("generator", keys, before, modules, TRAINING, unhashed=WATCHED)

    @property
    def is_per_class(self) -> bool:
        """Whether the generator is fitted once for each class, and so depends on the labels of train.

        A supervised task alone can ask for that; an oracle's points have their own labels.
        """
        task = self.config.task
        return task.supervised and task.per_class and not knows_labels(self.config.model._target_)

    @property
    def is_trained(self) -> bool:
        """Whether the cell has a generator whose fit costs something, and is stored."""
        return self.n_synthetic > 0 and is_stored(self.config.model._target_)

    def pool(self, block: int) -> Declared:
        """One block of the synthetic pool: the generator whose sample it is."""
        return Declared("pool", self.generator.inputs, {"generator": self.generator.key, "block": block})

    @cached_property
    def quality(self) -> Declared:
        """The generator, and how its sample is compared with real points; alarms and their limits are derived."""
        keys = ("seed", "threads", *(f"quality.{key}" for key in QUALITY_KEYS))
        before = {"generator": self.generator.key, "model": self.config.model.name}
        network = () if self.config.quality.inception_weights is None else (INCEPTION,)
        return self._declared("quality", keys, before, QUALITY, STAGES, also=network)

    @cached_property
    def representation(self) -> Declared:
        """The points that it is fitted on: train, or the whole mixture."""
        on_mixture = self.config.representation.fit_on == "mixture"
        keys = ("seed", "threads", "representation", *(self._gate if on_mixture else ()))
        before = self._mixture if on_mixture else self.splits
        return self._declared("representation", keys, before, (*SPLIT, *MIXING), STAGES)

    @cached_property
    def n_clusters(self) -> Declared | None:
        """Train, as a representation of it alone has it, and the learner; None where its number of clusters is given.

        All arms and ratios share it, whether settings are tuned or not.
        """
        if self.config.learner.rule is None:
            return None
        keys = ("seed", "threads", "representation", "learner")
        modules, alone = (*SPLIT, *LEARNING, *NUMBER), (*STAGES, "synthmix.pipeline.tuning")
        on_train = self.on_train
        config = on_train.config.without_search
        return on_train._declared("n_clusters", keys, self.splits, modules, alone, config=config)

    @property
    def _number(self) -> dict[str, Any]:
        return {} if self.n_clusters is None else {"n_clusters": self.n_clusters.key}

    @cached_property
    def pretraining(self) -> Declared | None:
        """The represented mixture with its weights, and the net that the learner begins with; None where it has none.

        All learners that begin with the same net share it, whatever else they do.
        """
        if getattr(self.config.learner, "pretraining", None) is None:
            return None
        keys = ("seed", "threads", *self._gate, *self._weight, "representation", "learner.pretraining")
        alone = (*STAGES, "synthmix.pipeline.pretraining")
        return self._declared("pretraining", keys, self._mixture, (*SPLIT, *MIXING, *LEARNING), alone)

    @cached_property
    def tuning(self) -> Declared | None:
        """Train, as a representation of it alone has it, and the learner with its search; None where nothing is chosen.

        All arms and ratios share it.
        """
        return self.on_train.of_candidates("tuning", self._number) if self.config.is_tuned else None

    @cached_property
    def candidates(self) -> Declared | None:
        """What the learner puts out with each candidate, fitted on real points alone; no choice depends on it."""
        if self.tuning is None or self.n_synthetic:
            return None
        return self.on_train.of_candidates("candidates", {"tuning": self.tuning.key, **self._number})

    def of_candidates(self, stage: str, before: Mapping[str, Any]) -> Declared:
        """A stage that fits the learner with each of its candidates on train, beside what comes before it by name."""
        keys = ("seed", "threads", "representation", "task", "learner")
        alone = (*STAGES, "synthmix.pipeline.tuning")
        return self._declared(stage, keys, {**self.splits, **before}, (*SPLIT, *LEARNING, *TUNING), alone)

    @cached_property
    def on_train(self) -> Dependencies:
        """Those of the cell with a representation that has seen train alone, where its learner is chosen."""
        alone = replace(self.config.representation, fit_on="train")
        config = replace(self.config, representation=alone, task=self.config.task.for_choices)
        return Dependencies(config, self.digest, self.n_train)

    @cached_property
    def cell(self) -> Declared:
        """Everything but the quality of samples, which no output depends on.

        At ratio 0 generator, gate and weight are left out: all arms share one baseline. What tuning chose among is left
        to it, so that a learner that has nothing to choose has one cell, tuned or not. Another set that it is tested on
        is read by no stage before it.
        """
        keys = ("seed", "threads", *self._gate, *self._weight, "representation", "task", "learner")
        stages = {"tuning": self.tuning, "pretraining": self.pretraining}
        before = self._mixture | self._number | {name: stage.key for name, stage in stages.items() if stage is not None}
        modules, config = (*SPLIT, *MIXING, *LEARNING), self.config.without_search
        return self._declared("cell", keys, before | self._test, modules, FLOW, config=config)

    def scores(self, cell: str) -> Declared:
        """What the task of a cell, known by its key, put out, and the metrics that are derived from it."""
        modules = (self.config.task.scored_by, "synthmix.metric")
        return self._declared("scores", ("seed", "metrics"), {"cell": cell}, modules)

    @property
    def n_synthetic(self) -> int:
        """Synthetic points in the mixture."""
        return synthetic_count(self.config.mix.ratio, self.n_train)

    @cached_property
    def _mixture(self) -> dict[str, Any]:
        """Its points, but for the gate: a ratio counts by the number of points that it comes to."""
        synthetic = {"generator": self.generator.key, "model": {"name": self.config.model.name}}
        return {**self.splits, "n_synthetic": self.n_synthetic, **(synthetic if self.n_synthetic else {})}

    @property
    def _test(self) -> dict[str, Any]:
        """Another data set that test is of: beside the rest, so that cells without one keep their keys."""
        return {} if self.test_digest is None else {"test": {"digest": self.test_digest, "code": code_hash(*TRANSFER)}}

    @property
    def _gate(self) -> tuple[str, ...]:
        return ("gate",) if self.n_synthetic else ()

    @property
    def _weight(self) -> tuple[str, ...]:
        return ("mix.synthetic_weight",) if self.n_synthetic else ()

    def _declared(
        self,
        stage: str,
        keys: tuple[str, ...],
        before: Mapping[str, Any],
        modules: tuple[str, ...],
        alone: tuple[str, ...] = (),
        *,
        unhashed: tuple[str, ...] = (),
        also: tuple[str, ...] = (),
        config: CellConfig | None = None,
    ) -> Declared:
        """A stage that reads `keys`.

        Args:
            stage: its name.
            keys: of the config.
            before: what comes before it, by name.
            modules: own code that it runs, with all that this imports; that of the classes in the config is added.
            alone: own code that also logs or draws, so that what it imports does not count.
            unhashed: keys that it may read though no result depends on them.
            also: classes that it uses and the config does not name.
            config: what it reads in place of the config of the cell.
        """
        inputs = Inputs(config or self.config, keys, unhashed=unhashed)
        read = _on_its_device(inputs.hashed(to_plain))
        targets = {*_targets(read)}
        used = {name for target in targets & member_types().keys() for name in member_types()[target].uses}
        own, versions = _code_of(tuple(sorted({*targets, *used, *also})))
        depends_on = {
            **before,
            **read,
            "code": code_hash(*own, *modules),
            "versions": library_versions(*LIBRARIES) | versions,
        }
        if alone:
            depends_on["flow"] = source_hash(*alone)
        return Declared(stage, inputs, depends_on)


def _targets(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    if isinstance(node, Mapping) and "_target_" in node:
        yield str(node["_target_"])
    for child in children:
        yield from _targets(child)


@cache
def _code_of(targets: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Modules to hash, and versions of installed packages, behind the classes of a config."""
    modules = {target.rpartition(".")[0] for target in targets}
    own = {module for module in modules if is_own(module)}
    others = {module.partition(".")[0] for module in modules - own} - {"sklearn"}
    installed = packages_distributions() if others else {}
    versions = (library_versions(*installed.get(package, ())) for package in sorted(others))
    return tuple(sorted(own)), {name: version for found in versions for name, version in found.items()}


def _on_its_device(read: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, with the kind of device that `auto` means here: other devices give other weights."""
    found = {key: _on_its_device(value) if isinstance(value, Mapping) else value for key, value in read.items()}
    if found.get("accelerator") == "auto":
        import torch

        found["accelerator"] = "gpu" if torch.cuda.is_available() else "cpu"
    return found
