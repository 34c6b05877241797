"""What the store has of a cell: its outputs, the scores and alarms derived from them, and how they came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from synthmix.config.cell import CellConfig
from synthmix.config.instantiate import instantiate
from synthmix.config.members import MetricConfig
from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.data.base import Splits
from synthmix.errors import InvalidInput
from synthmix.metric import HeldOut, Metric, scores_of
from synthmix.pipeline.dependencies import Dependencies
from synthmix.pipeline.resources import Resources
from synthmix.quality.alarms import alarms
from synthmix.stages.store import Entry, Store
from synthmix.tasks.base import Outputs

PREFIXES = {"val": "val"}  # of the scores on a part; those on test have the task's own


@dataclass(frozen=True)
class CellResult:
    """A cell that is over.

    Attributes:
        entry: its stage in the store: outputs, seconds and sources of its stages, environment.
        metrics: scores and quality by their MLflow names; empty unless it is finished.
        alarms: those that ring over the generator, each with its reasons.
    """

    entry: Entry
    metrics: dict[str, float]
    alarms: dict[str, str]

    @property
    def status(self) -> str:
        """finished, or unavailable where the oracle's pool was too short."""
        return str(self.entry.payload["status"])

    @property
    def error(self) -> str | None:
        """Why it has no scores, in one line."""
        error: str | None = self.entry.payload["error"]
        return error

    @property
    def tuning(self) -> Mapping[str, Any] | None:
        """What was chosen for its learner, `chosen`, by which `criterion`; None where it is as configured."""
        found: Mapping[str, Any] | None = self.entry.payload.get("tuning")
        return found


@dataclass(frozen=True)
class Keys:
    """Where the store has what is computed of a cell.

    Attributes:
        cell: key of the stage of that name.
        quality: of the quality of its generator; None at ratio 0.
    """

    cell: str
    quality: str | None

    @classmethod
    def of(cls, depends_on: Dependencies) -> Self:
        """Those that today's code gives."""
        return cls(depends_on.cell.key, depends_on.quality.key if depends_on.n_synthetic else None)

    def are_in(self, store: Store) -> bool:
        """Whether all is there; scores and alarms are derived when somebody looks."""
        entry = store.find("cell", self.cell)
        finished = entry is not None and entry.payload["status"] == "finished"
        return entry is not None and (not finished or self.quality is None or store.has("quality", self.quality))


def result_of(depends_on: Dependencies, keys: Keys, resources: Resources) -> CellResult | None:
    """What is known of a cell; None where something of it is not computed yet.

    Args:
        depends_on: its config and its data.
        keys: where its result is, be it that of an earlier version of the code.
        resources: of the process.
    """
    entry = resources.store.find("cell", keys.cell)
    if entry is None or entry.payload["status"] != "finished":
        return None if entry is None else CellResult(entry, {}, {})
    metrics = {**entry.payload["numbers"], **_scores(depends_on, entry, resources)}
    if keys.quality is None:
        return CellResult(entry, metrics, {})
    key = keys.quality
    quality = resources.cache.get_or_compute("quality", key, lambda: resources.store.find("quality", key))
    if quality is None:
        return None
    scores, alarms = judged(quality.payload, depends_on.config.quality.alarms)
    return CellResult(entry, metrics | scores, alarms)


def judged(quality: Mapping[str, Any], limits: AlarmsConfig) -> tuple[dict[str, float], dict[str, str]]:
    """`quality/…` of a generator's samples with the alarms as 0 or 1, and the reasons of those that ring.

    Args:
        quality: payload of the stage.
        limits: beyond which an alarm rings.
    """
    found = alarms(quality["scores"], quality["training"], limits)
    scores = {f"quality/{name}": float(score) for name, score in quality["scores"].items()}
    scores |= {f"quality/alarm_{name}": float(bool(reasons)) for name, reasons in found.items()}
    return scores, {name: "; ".join(reasons) for name, reasons in found.items() if reasons}


def held_out_of(splits: Splits, part: str, outputs: Mapping[str, Outputs], seed: int) -> HeldOut:
    """What a score is given of one part, by the outputs for all parts."""
    train, points = splits.train.unlabelled(), splits.held_out[part]
    learnt = None
    if "train" in outputs:
        learnt = HeldOut(outputs["train"], train.x, None, seed, train.documents)
    return HeldOut(outputs[part], points.x, points.y, seed, points.documents, learnt)


def as_tensors(outputs: Mapping[str, Outputs]) -> dict[str, dict[str, torch.Tensor]]:
    """A task's arrays as the store keeps them."""
    return {
        part: {name: torch.as_tensor(np.ascontiguousarray(array)) for name, array in arrays.items()}
        for part, arrays in outputs.items()
    }


def metrics_of(config: CellConfig) -> dict[str, Metric]:
    """The scores of a cell's task, and those of the user's own."""
    return {**config.task.metrics, **{name: _own_metric(name, node) for name, node in config.metrics.items()}}


def _own_metric(key: str, node: MetricConfig) -> Metric:
    """A torchmetrics.Metric as a score."""

    def score(held_out: HeldOut) -> float:
        arrays = {name: torch.as_tensor(array) for name, array in held_out.outputs.items()}
        arrays |= {"points": held_out.points}
        arrays |= {} if held_out.labels is None else {"labels": held_out.labels}
        unknown = [name for name in node.reads if name not in arrays]
        if unknown:
            raise InvalidInput(f"metrics.{key}.reads=[{', '.join(unknown)}]: allowed: {', '.join(arrays)}")
        metric = instantiate(node)
        metric.update(*(arrays[name] for name in node.reads))
        return float(metric.compute())

    return Metric(score=score, higher_is_better=node.higher_is_better, needs_labels=node.needs_labels)


def _scores(depends_on: Dependencies, entry: Entry, resources: Resources) -> dict[str, float]:
    """Derived from the outputs, and kept, because a report reads them again and again."""

    def compute() -> dict[str, Any]:
        config, found = depends_on.config, dict[str, float]()
        metrics, splits = metrics_of(config), resources.splits(config)
        outputs = {
            part: {name: tensor.numpy() for name, tensor in tensors.items()}
            for part, tensors in entry.payload["outputs"].items()
        }
        for part in splits.held_out:
            scores = scores_of(metrics, held_out_of(splits, part, outputs, config.seed))
            prefix = PREFIXES.get(part, config.task.prefix)
            found |= {f"{prefix}/{name}": score for name, score in scores.items()}
        return {"scores": found}

    declared = depends_on.scores(entry.manifest.key)
    scores: dict[str, float] = resources.store.get_or_compute("scores", declared.depends_on, compute).payload["scores"]
    return scores
