"""What Hydra calls for each cell: opens its MLflow run, computes it, keeps its record, writes down what came of it."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from threadpoolctl import threadpool_limits

from synthmix.cell import run_cell
from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.flat import flatten
from synthmix.config.plain import to_plain
from synthmix.errors import GateStarved, InvalidInput, TrainingDiverged, Unavailable
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import Stages, alarm_tags
from synthmix.stages.store import Entry
from synthmix.study.combination import asked_for, combination_id
from synthmix.study.gpu import use_one_gpu
from synthmix.study.record import asked_of
from synthmix.tracking.environment import environment_tags, environment_text
from synthmix.tracking.mlflow.run import Run
from synthmix.tracking.mlflow.tracker import Tracker
from synthmix.tracking.uri import resolve_uri

OUTCOME_FILE = "outcome.json"


@dataclass
class Outcome:
    """What came of one job.

    Attributes:
        status: finished, unavailable (the oracle's pool was too short), failed, or invalid (a fault in the input).
        config: the flattened config.
        key: of the cell; None where it could not be found.
        metrics: by their MLflow names; empty unless finished.
        alarms: those that ring over the generator, each with its reasons.
        run_id: of the MLflow run.
        reused_from: the run that computed the same cell, where this one did not.
        error: one line, where there is no result.
        traceback: where the failure was not foreseen.
    """

    status: str
    config: dict[str, Any]
    key: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None
    reused_from: str | None = None
    error: str | None = None
    traceback: str | None = None


@cache
def process_resources(uri: str, experiment: str, store: str) -> Resources:
    """The resources of this process. A launcher may start several; they share the store."""
    return Resources.at(Tracker(uri, experiment), Path(store))


def resources_of(config: CellConfig) -> Resources:
    """Those that a cell asks for."""
    store = str(Path(config.paths.store).absolute())
    return process_resources(resolve_uri(config.tracking.uri), config.tracking.experiment, store)


def run_job(composed: DictConfig) -> Outcome:
    """Runs the cell that Hydra has composed; writes `outcome.json` to its output folder. Only a signal gets out."""
    config = from_plain(composed)
    if config.tracking.pictures is None:
        config = replace(config, tracking=replace(config.tracking, pictures=config.tracking.study is None))
    if config.tracking.study is not None and config.trainer.accelerator != "cpu":
        use_one_gpu(Path(config.paths.store) / "gpus")
    outcome = Outcome("failed", cell_params(to_plain(config)))
    with threadpool_limits(limits=config.threads):
        torch.set_num_threads(config.threads)
        try:
            _run(config, resources_of(config), outcome)
        except (InvalidInput, TrainingDiverged, GateStarved) as error:
            outcome.status = "invalid" if isinstance(error, InvalidInput) else "failed"
            outcome.error = str(error)
        except Exception as error:  # noqa: BLE001  the other cells of a study go on; it is told at the end
            outcome.error = f"{type(error).__name__}: {error}"
            outcome.traceback = traceback.format_exc()
    _write(outcome, Path(HydraConfig.get().runtime.output_dir))
    return outcome


def cell_params(config: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a cell's run: its config, flattened, without what only says where it runs."""
    return flatten(asked_for(config))


def cell_name(config: Mapping[str, Any]) -> str:
    """Name of a cell's run."""
    ratio, clusterer = config["mix"]["ratio"], config["clusterer"]["name"]
    if config["tracking"]["on_curve"]:
        return f"real points alone n={config['data']['n_train']} {clusterer} seed {config['seed']}"
    gate = "" if config["gate"]["name"] == "none" else f"{config['gate']['name']} "
    return f"{config['model']['name']} {gate}r={ratio:g} {clusterer} seed {config['seed']}"


def cell_tags(config: Mapping[str, Any], key: str, digest: str) -> dict[str, str]:
    """Tags of a cell's run."""
    study = config["tracking"]["study"]
    tags = {
        "synthmix.cell_key": key,
        "synthmix.combination": combination_id(config),
        "synthmix.data_digest": digest,
    }
    if study:
        tags |= {"synthmix.study": study, "synthmix.part": "curve" if config["tracking"]["on_curve"] else "sweep"}
    return tags


def _run(config: CellConfig, resources: Resources, outcome: Outcome) -> None:
    depends_on = resources.dependencies(config)
    node, outcome.key = to_plain(config), depends_on.cell_key
    tags, parent = cell_tags(node, outcome.key, depends_on.digest), config.tracking.parent_run_id
    with resources.tracker.run("cell", cell_name(node), params=outcome.config, tags=tags, parent=parent) as run:
        outcome.run_id = run.id
        run.log_text(yaml.safe_dump(node, sort_keys=False, allow_unicode=True), "config.yaml")
        run.log_text(environment_text(), "environment.txt")
        entry = _entry(config, Stages(config, resources, run), run)
        _log(entry, run)
    outcome.status, outcome.error = entry.payload["status"], entry.payload["error"]
    outcome.metrics, outcome.alarms = entry.payload["metrics"], entry.payload.get("alarms", {})
    outcome.reused_from = entry.producer if entry.reused else None


def _entry(config: CellConfig, stages: Stages, run: Run) -> Entry:
    """The cell's record: from the store, or computed. Pictures are not stored, so who wants them computes again."""

    def compute() -> dict[str, Any]:
        record: dict[str, Any] = {"status": "finished", "metrics": {}, "error": None}
        try:
            record["metrics"] = run_cell(config, stages, run)
        except Unavailable as reason:
            record |= {"status": "unavailable", "error": str(reason)}
        made = {"seconds": stages.seconds, "sources": stages.sources, "environment": dict(environment_tags())}
        made["alarms"] = stages.alarms
        return record | made | {"asked": asdict(asked_of(stages.depends_on))}

    record = compute() if config.tracking.pictures else None
    return stages.resources.store.get_or_compute(
        "cell", stages.depends_on.cell, compute if record is None else lambda: record, lambda: run.id
    )


def _log(entry: Entry, run: Run) -> None:
    """Logs what the record says."""
    record = entry.payload
    run.log_metrics(record["metrics"] | {f"time/{stage}_s": seconds for stage, seconds in record["seconds"].items()})
    for key, value in record_tags(entry).items():
        run.tag(key, value)
    if entry.reused and entry.producer is not None:
        run.tag("synthmix.reused_from", entry.producer)


def record_tags(entry: Entry) -> dict[str, str]:
    """Tags that tell of a cell's stages and alarms, and why it has no result."""
    record = entry.payload
    tags = {f"synthmix.stage.{stage}": source for stage, source in record["sources"].items()}
    tags |= alarm_tags(record.get("alarms", {}))
    return tags | ({"synthmix.unavailable": record["error"]} if record["error"] else {})


def _write(outcome: Outcome, folder: Path) -> None:
    """Under another name first, so that a reader never meets half a file."""
    draft = folder / f".{OUTCOME_FILE}"
    draft.write_text(json.dumps(asdict(outcome), indent=1, default=str))
    os.replace(draft, folder / OUTCOME_FILE)


def read_outcomes(folder: Path) -> list[Outcome]:
    """The outcomes of a sweep's jobs, in the order of their numbers."""
    files = sorted(folder.rglob(OUTCOME_FILE), key=lambda file: (len(file.parent.name), file.parent.name))
    return [Outcome(**json.loads(file.read_text())) for file in files]
