"""What Hydra calls for each cell: opens its MLflow run, computes it, writes down what came of it."""

from __future__ import annotations

import json
import os
import traceback
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from threadpoolctl import threadpool_limits

from synthmix.cell import run_cell
from synthmix.cell_key import cell_key
from synthmix.config import plain
from synthmix.errors import InvalidInput, TrainingDiverged, Unavailable
from synthmix.stages import Stages
from synthmix.tracking import Run, Tracker, environment_text, flatten
from synthmix.tracking_uri import resolve_uri

OUTCOME_FILE = "outcome.json"


@dataclass
class Outcome:
    """What came of one cell.

    Attributes:
        status: finished, failed, unavailable (the oracle's pool was too short), or invalid (a fault in the input).
        config: the flattened config.
        metrics: by their MLflow names; empty unless finished.
        run_id: of the MLflow run.
        reused_from: the run that computed the same cell, where this one did not.
        error: one line, where it failed.
        traceback: where the failure was not foreseen.
    """

    status: str
    config: dict[str, Any]
    metrics: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    reused_from: str | None = None
    error: str | None = None
    traceback: str | None = None


@cache
def process_stages(uri: str, experiment: str) -> Stages:
    """The stages of this process. A launcher may start several; each keeps what it has computed."""
    return Stages(Tracker(uri, experiment))


def run_job(config: DictConfig) -> Outcome:
    """Runs one cell and writes `outcome.json` to Hydra's output folder. Only a signal gets out of here."""
    stages = process_stages(resolve_uri(config.tracking.uri), config.tracking.experiment)
    if config.tracking.pictures is None:
        config.tracking.pictures = config.tracking.study is None
    outcome = Outcome("finished", flatten(plain(config)))
    with threadpool_limits(limits=config.threads):
        torch.set_num_threads(config.threads)
        try:
            _compute(config, stages, outcome)
        except (InvalidInput, TrainingDiverged) as error:
            outcome.status = "invalid" if isinstance(error, InvalidInput) else "failed"
            outcome.error = str(error)
        except Exception as error:  # noqa: BLE001  the other cells of a study go on; it is told at the end
            outcome.status, outcome.error = "failed", f"{type(error).__name__}: {error}"
            outcome.traceback = traceback.format_exc()
    _write(outcome, Path(HydraConfig.get().runtime.output_dir))
    return outcome


def _compute(config: DictConfig, stages: Stages, outcome: Outcome) -> None:
    splits = stages.splits(config)
    key = cell_key(config, splits.train.spec.digest, len(splits.train))
    tags = {"synthmix.cell_key": key, "synthmix.data_digest": splits.train.spec.digest}
    tags |= {"synthmix.study": config.tracking.study} if config.tracking.study else {}
    name = f"{config.model.name} r={config.mix.ratio:g} {config.clusterer.name} seed {config.seed}"
    with stages.tracker.run(
        "cell", name, params=outcome.config, tags=tags, parent=config.tracking.parent_run_id
    ) as run:
        outcome.run_id = run.id
        run.log_text(OmegaConf.to_yaml(config, resolve=True), "config.yaml")
        run.log_text(environment_text(), "environment.txt")
        run.log_metrics({"data/duplicates_across_split": splits.duplicates_across})
        try:
            outcome.metrics, outcome.reused_from = _once(key, config, stages, run)
        except Unavailable as reason:
            outcome.status, outcome.error = "unavailable", str(reason)
            run.tag("synthmix.unavailable", str(reason))


def _once(key: str, config: DictConfig, stages: Stages, run: Run) -> tuple[dict[str, float], str | None]:
    """The metrics of a cell: computed, or those of the same cell, with the run that they are from."""
    if key in stages.cells:
        metrics, source = stages.cells[key]
        run.log_metrics(metrics)
        run.tag("synthmix.reused_from", source)
        return metrics, source
    metrics = run_cell(config, stages, run)
    stages.cells[key] = metrics, run.id
    return metrics, None


def _write(outcome: Outcome, folder: Path) -> None:
    """Under another name first, so that a reader never meets half a file."""
    draft = folder / f".{OUTCOME_FILE}"
    draft.write_text(json.dumps(asdict(outcome), indent=1, default=str))
    os.replace(draft, folder / OUTCOME_FILE)


def read_outcomes(folder: Path) -> list[Outcome]:
    """The outcomes of a sweep's cells, in the order of their numbers."""
    files = sorted(folder.rglob(OUTCOME_FILE), key=lambda file: (len(file.parent.name), file.parent.name))
    return [Outcome(**json.loads(file.read_text())) for file in files]
