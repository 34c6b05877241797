"""MLflow as a projection of the store: whatever it lacks of a study is logged from what the store keeps."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

import torch
import yaml

from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import alarm_tags
from synthmix.pipeline.training import run_name, run_params, run_tags
from synthmix.stages.store import Entry, Manifest
from synthmix.study.job import cell_name, cell_params, cell_tags, record_tags
from synthmix.study.record import Asked, Record
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker


def project(record: Record, resources: Resources, parent: str | None) -> dict[str, str]:
    """Logs what MLflow lacks of a study, under `parent`; returns the run of each combination.

    Where MLflow is away, that is none of them: the next command completes it.
    """
    tracker, asked = resources.tracker, record.cells | record.curve
    keys = {cell.generator_key for cell in asked.values() if cell.generator_key is not None}
    trainings = log_trainings(keys, record.name, resources, parent)
    found = tracker.find_runs("cell", "synthmix.combination", study=record.name)
    if trainings is None or found is None:
        return {}
    runs: dict[str, str] = {}
    for combination, cell in asked.items():
        training = trainings.get(cell.generator_key or "")
        logged = [run for run in found.get(combination, ()) if run.tags.get("synthmix.cell_key") == cell.key]
        if logged:
            runs[combination] = logged[0].id
            due = {"synthmix.part": "curve" if combination in record.curve else "sweep"}
            due |= {} if training is None else {"synthmix.generator_run": training}
            if not due.items() <= logged[0].tags.items():
                tracker.add(logged[0].id, tags=due)
        elif (entry := resources.store.find("cell", cell.key)) is not None:
            on_curve = combination in record.curve
            told = cell_record(cell, entry, training, tracker, study=record.name, on_curve=on_curve)
            replayed = tracker.replay(told, parent)
            runs |= {} if replayed is None else {combination: replayed}
    return runs


def log_trainings(
    keys: Collection[str], study: str | None, resources: Resources, parent: str | None
) -> dict[str, str] | None:
    """The run of each stored training, logged where MLflow lacks it; None where MLflow is away."""
    found = resources.tracker.find_runs("generator", "synthmix.stage_key", values=keys) if keys else {}
    if found is None:
        return None
    runs = {key: logged[0].id for key, logged in found.items()}
    for key in sorted(set(keys) - set(runs)):
        entry = resources.store.find("generator", key)
        if entry is not None:
            replayed = resources.tracker.replay(training_record(entry, resources, study), parent)
            if replayed is None:
                return None
            runs[key] = replayed
    return runs


def cell_record(
    asked: Asked, entry: Entry, training: str | None, tracker: Tracker, *, study: str | None, on_curve: bool
) -> RunRecord:
    """The run of a cell, as its job would have logged it."""
    config = {**asked.config, "tracking": {"study": study, "on_curve": on_curve}}
    payload = entry.payload
    sources = record_tags(entry) | ({"synthmix.reused_from": entry.producer} if entry.producer else {})
    tags = payload["environment"] | cell_tags(config, asked.key, asked.digest) | _of_runs_there(sources, tracker)
    if training is not None:
        tags |= {"synthmix.generator_run": training, "synthmix.stage.generator": training}
    seconds = {f"time/{stage}_s": value for stage, value in payload["seconds"].items()}
    started, ended = _times(entry.manifest)
    return RunRecord(
        kind="cell",
        name=cell_name(config),
        params=cell_params(asked.config),
        tags=tags,
        metrics=payload["metrics"] | seconds,
        texts={"config.yaml": yaml.safe_dump(dict(asked.config), sort_keys=False, allow_unicode=True)},
        started_ms=started,
        ended_ms=ended,
    )


def _of_runs_there(tags: Mapping[str, str], tracker: Tracker) -> dict[str, str]:
    """The tags without those that name a run which MLflow no longer has."""
    return {tag: text for tag, text in tags.items() if not re.fullmatch("[0-9a-f]{32}", text) or tracker.has_run(text)}


def training_record(entry: Entry, resources: Resources, study: str | None) -> RunRecord:
    """The run of a training, as it was logged when it ran; without its sample grids."""
    depends_on, payload = entry.manifest.depends_on, entry.payload
    started, ended = _times(entry.manifest)
    scores, alarms = _quality(entry.manifest.key, resources)
    return RunRecord(
        kind="generator",
        name=run_name(depends_on),
        params=run_params(depends_on),
        tags=payload["environment"] | run_tags(depends_on, study) | alarm_tags(alarms),
        metrics={"time/generator_s": payload["seconds"]} | scores,
        curves=payload["curves"],
        files={"checkpoint/generator.pt": partial(torch.save, payload["content"])},
        started_ms=started,
        ended_ms=ended,
    )


def _quality(generator_key: str, resources: Resources) -> tuple[dict[str, float], dict[str, str]]:
    """What the store has of a generator's quality, and the alarms that ring over it, as it was judged last."""
    known = [m for m in resources.store.entries("quality") if m.depends_on["generator"] == generator_key]
    for manifest in sorted(known, key=lambda manifest: manifest.created, reverse=True):
        entry = resources.store.find("quality", manifest.key)
        if entry is not None:
            scores = {f"quality/{name}": score for name, score in entry.payload["scores"].items()}
            return scores, entry.payload.get("alarms", {})
    return {}, {}


def _times(manifest: Manifest) -> tuple[int, int]:
    """When it began and ended, in milliseconds since the Unix epoch."""
    ended = datetime.fromisoformat(manifest.created).timestamp()
    return int((ended - manifest.seconds) * 1000), int(ended * 1000)
