"""What each stage of a cell depends on: the one place that says so. A stage's key is the hash of what is named here.

What a stage does not depend on (ratio and clusterer for a generator) must not be named, or it would be computed
again; what it does depend on must be, or a stale result would be taken for its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.metadata import packages_distributions
from typing import Any

from synthmix.config.cell import CellConfig
from synthmix.config.data import SIZES
from synthmix.config.mix import synthetic_count
from synthmix.config.plain import to_plain
from synthmix.stages.import_closure import is_own
from synthmix.stages.key import code_hash, key_of, library_versions, source_hash

TRAINER_ELSEWHERE = ("log_every", "grid_every", "checkpoint_every", "checkpoint_dir")
LIBRARIES = ("numpy", "pytorch-lightning", "scikit-learn", "scipy", "torch", "torchmetrics")
SPLIT: tuple[str, ...] = ("synthmix.data.split", "synthmix.seeds")
MIXING = ("synthmix.mixing", "synthmix.gates.base")
SCORING = ("synthmix.tasks.clustering.preparing", "synthmix.tasks.clustering.scores")
QUALITY = (
    *("synthmix.quality.scores", "synthmix.quality.alarms", "synthmix.quality.features.extractors"),
    *("synthmix.quality.features.classifier", "synthmix.quality.features.inception"),
)
INCEPTION = "torch_fidelity.feature_extractor_inceptionv3.FeatureExtractorInceptionV3"
CHOICE: tuple[str, ...] = ("synthmix.quality.choice", "synthmix.generators.training.choice")


class Dependencies:
    """What the stages of one cell depend on, as plain values that a person can read in a manifest.

    Args:
        config: of the cell.
        digest: of the data set.
        n_train: points of train.
    """

    def __init__(self, config: CellConfig, digest: str, n_train: int) -> None:
        self.config, self.digest, self.n_train = config, digest, n_train

    @cached_property
    def splits(self) -> dict[str, Any]:
        """Points and their order; where the files lie makes no difference."""
        data = self.config.data
        sizes = {key: getattr(data, key) for key in SIZES} | {"n_train": self.n_train}
        return {"data": {"name": data.name, "digest": self.digest, **sizes}, "seed": self.config.seed}

    @cached_property
    def generator(self) -> dict[str, Any]:
        """Train, the model and, but for a control, how it is trained."""
        nodes = {"model": to_plain(self.config.model)}
        modules = SPLIT
        if self.is_learned:
            last = self.config.trainer.choose == "last"
            elsewhere = (*TRAINER_ELSEWHERE, "choose_every") if last else TRAINER_ELSEWHERE
            trainer = {key: value for key, value in to_plain(self.config.trainer).items() if key not in elsewhere}
            nodes |= {"trainer": _on_its_device(trainer), "training": source_hash("synthmix.pipeline.training")}
            modules += () if last else CHOICE
        return self._computed({**self.splits, **nodes}, *modules)

    @property
    def is_learned(self) -> bool:
        """Whether the model is fitted at a cost, and kept, as a control is not."""
        return self.config.model.is_learned

    def pool(self, block: int) -> dict[str, Any]:
        """One block of the synthetic pool: the generator whose sample it is."""
        return {"generator": key_of("generator", self.generator), "block": block}

    @cached_property
    def quality(self) -> dict[str, Any]:
        """The generator, and how its sample is judged."""
        network = () if self.config.quality.inception_weights is None else (INCEPTION,)
        return {
            "generator": key_of("generator", self.generator),
            "model": self.config.model.name,
            "quality": to_plain(self.config.quality),
            "code": code_hash(*QUALITY),
            "stages": source_hash("synthmix.pipeline.stages"),
            "versions": _code_of(network)[1],
        }

    @cached_property
    def representation(self) -> dict[str, Any]:
        """The points that it is fitted on: train, or the whole mixture."""
        node = _on_its_device(to_plain(self.config.representation))
        fitted_on = self._mixture if self.config.representation.fit_on == "mixture" else self.splits
        stages = source_hash("synthmix.pipeline.stages")
        return self._computed({**fitted_on, "representation": node, "stages": stages}, *SPLIT, *MIXING)

    @cached_property
    def cell(self) -> dict[str, Any]:
        """Everything. At ratio 0 generator, gate, quality and weight are left out: all arms share one baseline."""
        quality = {"quality": key_of("quality", self.quality)} if self.n_synthetic else {}
        config = self.config
        nodes = {
            "representation": _on_its_device(to_plain(config.representation)),
            "clusterer": to_plain(config.clusterer),
        }
        if self.n_synthetic:
            nodes |= {"weight": config.mix.synthetic_weight}
        flow = source_hash("synthmix.cell", "synthmix.pipeline.stages", "synthmix.study.job")
        return self._computed({**self._mixture, **quality, **nodes, "flow": flow}, *SPLIT, *MIXING, *SCORING)

    @property
    def cell_key(self) -> str:
        """The key of the cell."""
        return key_of("cell", self.cell)

    @property
    def n_synthetic(self) -> int:
        """Synthetic points in the mixture."""
        return synthetic_count(self.config.mix.ratio, self.n_train)

    @cached_property
    def _mixture(self) -> dict[str, Any]:
        if not self.n_synthetic:
            return self.splits | {"mix": "real points only"}
        return {
            **self.splits,
            "generator": key_of("generator", self.generator),
            "model": self.config.model.name,
            "gate": to_plain(self.config.gate),
            "mix": {"n_synthetic": self.n_synthetic},
        }

    def _computed(self, depends_on: dict[str, Any], *modules: str) -> dict[str, Any]:
        """Adds threads, code and versions: of `modules`, and of every class that `depends_on` names."""
        own, versions = _code_of(tuple(sorted(set(_targets(depends_on)))))
        return {
            **depends_on,
            "threads": self.config.threads,
            "code": code_hash(*own, *modules),
            "versions": library_versions(*LIBRARIES) | versions,
        }


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


def _on_its_device(node: Mapping[str, Any]) -> dict[str, Any]:
    """The node with the kind of device that `auto` means here: other devices give other weights."""
    if node.get("accelerator") != "auto":
        return dict(node)
    import torch

    return {**node, "accelerator": "gpu" if torch.cuda.is_available() else "cpu"}
