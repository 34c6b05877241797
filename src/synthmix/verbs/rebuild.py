"""MLflow from nothing: every study and every single cell that the store holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthmix.config.sections.tracking import TrackingConfig, make_tracker
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish
from synthmix.secrets import without_password
from synthmix.stages.store import Entry
from synthmix.study.asked import Asked
from synthmix.study.project import Projection
from synthmix.study.record import Studies
from synthmix.study.study_record import study_head


def rebuild(store: Path, uri: str | None, experiment: str | None) -> int:
    """Logs what MLflow lacks; returns the exit code, 1 where MLflow is away."""
    settings = TrackingConfig()
    tracker = make_tracker(settings._target_, uri, experiment or settings.experiment)
    resources, studies = Resources.at(tracker, store), Studies(store)
    projection, records = Projection(resources), [studies.read(name) for name in studies.names()]
    for record in records:  # a training lies below the study that has asked for it first
        with tracker.open_study(study_head(record)) as parent:
            projection.trainings(record.all_cells.values(), record.name, parent.id, only_own=True)
    runs: dict[str, dict[str, str]] = {}
    for record in records:
        with tracker.open_study(study_head(record)) as parent:
            runs[record.name] = projection.study(record, parent.id)
    singles = sum(projection.single(entry) for entry in _single_cells(resources, set(studies.names())))
    projection.complete()
    for record in records:  # whose tables name the runs that have computed their cells
        with tracker.open_study(study_head(record)) as parent:
            publish(record, resources, runs[record.name], record.report_folder, parent, projection.present)
    logged = sum(len(of_study) for of_study in runs.values()) + singles
    print(f"{logged} cells of {len(records)} studies and of single runs are in {without_password(tracker.uri or '')}")
    if tracker.outage:
        print(tracker.outage)
    return int(tracker.outage is not None)


def _single_cells(resources: Resources, studies: set[str]) -> Iterator[Entry]:
    """The results of cells that were no study's, and of those whose study is gone."""
    for manifest in resources.store.entries("cell"):
        entry = resources.store.find("cell", manifest.key)
        if entry is not None and Asked(**entry.payload["asked"]).study not in studies:
            yield entry
