"""Synchronises a tracker with the store: logs the runs of a study that it lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cached_property

from synthmix.config.sections.alarms import AlarmsConfig
from synthmix.config.sections.tracking import Part
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import CellResult, judged
from synthmix.pipeline.training_record import training_record
from synthmix.stages.store import Entry, Manifest
from synthmix.study.asked import Asked
from synthmix.study.cell_record import GENERATOR_RUN, PART, alarm_tags, cell_record
from synthmix.study.combination import combination_id
from synthmix.study.record import Record
from synthmix.tracking.base import REPLAYED, STUDY, RunRecord


class Projection:
    """Logs what the tracker lacks; a run that names others is completed once these have been logged too.

    Args:
        resources: the tracker and the store.
    """

    def __init__(self, resources: Resources) -> None:
        self.resources, self.tracker = resources, resources.tracker
        self._present: dict[str, str] = {}  # the run that stands now for one that a result names
        self._unknown = False  # whether the record that was made last names one that is not there
        self._incomplete: list[tuple[str, Callable[[], RunRecord], Mapping[str, str]]] = []

    def study(self, record: Record, parent: str | None) -> dict[str, str]:
        """Logs what the tracker lacks of a study, under `parent`; returns the run of each combination.

        Where it is away, that is none of them: the next command completes it.
        """
        asked = record.all_cells
        trainings = self.trainings(asked.values(), record.name, parent)
        found = self.tracker.find_runs("cell", "synthmix.combination", study=record.name)
        if trainings is None or found is None:
            return {}
        for logged in (run for of_combination in found.values() for run in of_combination):
            self._present |= {logged.id: logged.id, logged.tags.get(REPLAYED, logged.id): logged.id}
        runs: dict[str, str] = {}
        missing: dict[str, tuple[Asked, CellResult]] = {}
        for combination, cell in asked.items():
            current = [run for run in found.get(combination, ()) if run.tags.get("synthmix.cell_key") == cell.key]
            if current:
                runs[combination] = current[0].id
                due: dict[str, str] = {PART: record.part_of(combination)}
                due |= {GENERATOR_RUN: trainings[cell.generator_key]} if cell.generator_key in trainings else {}
                if not due.items() <= current[0].tags.items():
                    self.tracker.add(current[0].id, tags=due)
            elif (result := cell.result(self.resources)) is not None:
                missing[combination] = cell, result
        # First those that others have reused.
        for combination, (cell, result) in sorted(
            missing.items(), key=lambda item: not is_own(item[1][0], item[1][1].entry)
        ):
            run = self._cell(cell, result, trainings, parent, part=record.part_of(combination))
            runs |= {} if run is None else {combination: run}
        return runs

    def single(self, entry: Entry) -> bool:
        """Logs a cell that is of no study, if the tracker lacks it; says whether it is there now."""
        asked = Asked(**entry.payload["asked"])
        trainings = self.trainings([asked], None, None)
        found = self.tracker.find_runs("cell", "synthmix.combination", values=[combination_id(asked.config)])
        if trainings is None or found is None:
            return False
        if any(STUDY not in run.tags for runs in found.values() for run in runs):
            return True
        result = asked.result(self.resources)
        return result is not None and self._cell(asked, result, trainings, None, part="sweep") is not None

    def trainings(
        self, asked: Collection[Asked], study: str | None, parent: str | None, *, only_own: bool = False
    ) -> dict[str, str] | None:
        """The run of each stored training, logged where the tracker lacks it; None where the tracker is away.

        Args:
            asked: the cells whose trainings they are.
            study: that needs them; None for a single cell.
            parent: its run.
            only_own: leaves out those that another study has asked for first.
        """
        limits = {cell.generator_key: cell.alarm_limits for cell in asked if cell.generator_key is not None}
        keys = set(limits)
        found = self.tracker.find_runs("generator", "synthmix.stage_key", values=keys) if keys else {}
        if found is None:
            return None
        runs = {key: logged[0].id for key, logged in found.items()}
        for key in sorted(keys - set(runs)):
            entry = self.resources.store.find("generator", key)
            if entry is not None and not (only_own and entry.payload["study"] != study):
                run = self._training(entry, study, parent, limits[key])
                if run is None:
                    return None
                runs[key] = run
        return runs

    def complete(self) -> None:
        """Adds to what was logged the runs that it names and that were logged after it."""
        for run, make, logged in self._incomplete:
            tags = {tag: text for tag, text in make().tags.items() if tag not in logged}
            if tags:
                self.tracker.add(run, tags=tags)
        self._incomplete = []

    def present(self, source: str) -> str | None:
        """The run that stands now for one that a result names, None where there is none; other words as they are."""
        if not re.fullmatch("[0-9a-f]{32}", source):
            return source
        if source not in self._present:
            found = self.tracker.present_run(source)
            if found is None:
                self._unknown = True
                return None
            self._present[source] = found
        return self._present[source]

    def _cell(
        self, asked: Asked, result: CellResult, trainings: Mapping[str, str], parent: str | None, *, part: Part
    ) -> str | None:
        entry = result.entry
        own = is_own(asked, entry)
        times = times_of(entry.manifest)

        def make() -> RunRecord:
            return cell_record(
                asked,
                result,
                self.resources.environment_of(entry.payload),
                part=part,
                is_own=own,
                training=trainings.get(asked.generator_key or ""),
                present=self.present,
                started_ms=times[0],
                ended_ms=times[1],
            )

        self._unknown = False
        record = make()
        unknown = self._unknown
        run = self.tracker.publish(record, parent, entry.producer or "true" if own else "true")
        if run is not None and unknown:
            self._incomplete.append((run, make, record.tags))
        if run is not None and own and entry.producer is not None:
            self._present[entry.producer] = run
        return run

    def _training(self, entry: Entry, study: str | None, parent: str | None, limits: AlarmsConfig) -> str | None:
        payload = entry.payload
        scores, alarms = self._quality(entry.manifest.key, limits)
        started, ended = times_of(entry.manifest)
        record = training_record(
            entry.manifest.depends_on,
            payload,
            self.resources.environment_of(payload),
            scores=scores,
            alarms=alarm_tags(alarms),
            started_ms=started,
            ended_ms=ended,
        )
        if payload["study"] != study:
            parent = self._run_of_study(payload["study"])
        run = self.tracker.publish(record, parent, payload["run_id"] or "true")
        if run is not None and payload["run_id"] is not None:
            self._present[payload["run_id"]] = run
        return run

    def _quality(self, generator_key: str, limits: AlarmsConfig) -> tuple[dict[str, float], dict[str, str]]:
        """What the store has of a generator's quality, and the alarms that ring over it, the latest judgement last."""
        scores, alarms = dict[str, float](), dict[str, str]()
        for manifest in self._judged.get(generator_key, ()):
            entry = self.resources.store.find("quality", manifest.key)
            if entry is not None:
                found, raised = judged(entry.payload, limits)
                scores |= found
                alarms = raised
        return scores, alarms

    @cached_property
    def _judged(self) -> dict[str, list[Manifest]]:
        """The judgements of each generator's samples, the oldest first."""
        judged: dict[str, list[Manifest]] = {}
        for manifest in sorted(self.resources.store.entries("quality"), key=lambda manifest: manifest.created):
            judged.setdefault(manifest.depends_on["generator"], []).append(manifest)
        return judged

    def _run_of_study(self, name: str | None) -> str | None:
        found = self.tracker.find_runs("study", STUDY, study=name) if name is not None else None
        return found[name][0].id if found and name else None


def is_own(asked: Asked, entry: Entry) -> bool:
    """Whether a cell was computed where it was asked for as this."""
    computed = Asked(**entry.payload["asked"])
    return (computed.config, computed.study) == (asked.config, asked.study)


def times_of(manifest: Manifest) -> tuple[int, int]:
    """When it began and ended, in milliseconds since the Unix epoch."""
    ended = datetime.fromisoformat(manifest.created).timestamp()
    return int((ended - manifest.seconds) * 1000), int(ended * 1000)
