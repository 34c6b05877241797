"""MLflow from nothing: every study and every single cell that the store holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish
from synthmix.stages.store import Entry
from synthmix.study.combination import combination_id
from synthmix.study.project import cell_record, log_trainings, project
from synthmix.study.record import Asked, Studies
from synthmix.tracking.mlflow.tracker import Tracker
from synthmix.tracking.uri import resolve_uri
from synthmix.verbs.parser import default_config


def rebuild(store: Path, uri: str | None, experiment: str | None) -> int:
    """Logs what MLflow lacks; returns the exit code, 1 where MLflow is away."""
    tracker = Tracker(resolve_uri(uri), experiment or default_config().tracking.experiment)
    resources, studies = Resources.at(tracker, store), Studies(store)
    logged = 0
    of_studies: set[str] = set()
    for name in studies.names():
        record = studies.read(name)
        of_studies |= {asked.key for asked in (*record.cells.values(), *record.curve.values())}
        with tracker.study(name, params={}, tags={}) as parent:
            runs = project(record, resources, parent.id)
            publish(record, resources, runs, Path(record.report), parent)
            parent.failed = bool(record.failures)
        logged += len(runs)
    logged += sum(_log_single(entry, resources) for entry in _single_cells(resources, of_studies))
    print(f"{logged} cells of {len(studies.names())} studies and of single runs are in {tracker.uri}")
    if tracker.outage:
        print(tracker.outage)
    return int(tracker.outage is not None)


def _single_cells(resources: Resources, of_studies: set[str]) -> Iterator[Entry]:
    for manifest in resources.store.entries("cell"):
        entry = None if manifest.key in of_studies else resources.store.find("cell", manifest.key)
        if entry is not None:
            yield entry


def _log_single(entry: Entry, resources: Resources) -> bool:
    """Logs a cell that is of no study, if MLflow lacks it; says whether it is there now."""
    asked = Asked(**entry.payload["asked"])
    keys = [] if asked.generator_key is None else [asked.generator_key]
    trainings = log_trainings(keys, None, resources, None)
    found = resources.tracker.find_runs("cell", "synthmix.combination", values=[combination_id(asked.config)])
    if trainings is None or found is None:
        return False
    if found:
        return True
    training = trainings.get(asked.generator_key or "")
    told = cell_record(asked, entry, training, resources.tracker, study=None, on_curve=False)
    return resources.tracker.replay(told) is not None
