"""A study as the verb `run` has it: what is missing is launched, what is known is logged, and the report is written."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthmix.config.plain import to_plain
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import Report, publish, tell
from synthmix.secrets import masked
from synthmix.stages.attempts import MOST
from synthmix.stages.lost import count_lost
from synthmix.study.launching.blocks import Todo
from synthmix.study.launching.job import read_outcomes
from synthmix.study.launching.launchers import ends_its_jobs
from synthmix.study.looked_at import looked_at_before, told
from synthmix.study.plan import Plan
from synthmix.study.progress import CLOCKS_APART, progress_bar
from synthmix.study.project import Projection
from synthmix.study.record import Record, Studies
from synthmix.study.study_record import study_head
from synthmix.study.sweep import (
    Asking,
    ask,
    describe,
    distinct,
    failures,
    job_errors,
    launch_blocks,
    missing,
    next_launch,
    own_settings,
    settled,
    sweep_folder,
)
from synthmix.tracking.base import OpenRun
from synthmix.verbs.sequential import go_on


@dataclass(frozen=True)
class Parts:
    """The cells of a plan with their keys: asked for, and the two kinds that the study adds."""

    cells: Asking
    curve: Asking
    configured: Asking

    @classmethod
    def of(cls, plan: Plan, resources: Resources) -> Parts:
        """Raises InvalidInput for what is found when the data is loaded."""
        return cls(*(ask(part, resources) for part in (plan.cells, plan.curve, plan.configured)))

    @property
    def all(self) -> Asking:
        """All of them."""
        return self.cells | self.curve | self.configured


@dataclass(frozen=True)
class StudyCommand:
    """A command that asks for a study: where its record lies, and where its jobs and its report go."""

    name: str
    line: str
    record: Record
    file: Path
    folder: Path
    resources: Resources

    def ask(self, plan: Plan, parts: Parts) -> None:
        """Writes down what a plan asks for, before anything of it is started."""
        own = own_settings(self.resources, self.name)
        added, configured = settled(distinct(parts.curve), own), settled(parts.configured, own)
        settings = to_plain(plan.configs[0].study)
        self.record.ask(settled(parts.cells, own), added, self.line, settings, configured)
        self.record.write(self.file)

    def compute(self, plan: Plan, todo: Sequence[Todo], stored: int, parent: OpenRun) -> bool:
        """Runs the missing cells of a plan; says whether the launcher has held and some cell has come to a result.

        A launch that has broken down, as by a killed worker, is followed by another one, of the cells that it has left
        without an end; those in whose stages a process was killed come last, each in a launch of its own. One in which
        no cell has ended and no process was killed in a stage would break down again, and is the last.
        """
        store, pending, errors, held = self.resources.store, list(todo), dict[str, str](), True
        while pending and held:
            group = next_launch(pending, store)
            attempt = self.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
            begun = time.time() - CLOCKS_APART
            with progress_bar(attempt, jobs=len(group), stored=stored + len(todo) - len(pending), store=store.root):
                broken = launch_blocks(plan, group, attempt, parent, self.resources)
            outcomes = read_outcomes(attempt)
            errors |= job_errors(outcomes, group)
            ended: set[str | None] = {asked.key for _, asked in group}
            if broken is not None:
                print(broken, file=sys.stderr)
                self.resources.tracker.close_left_running(self.name)
                lost = count_lost(store.root, begun)
                for stage, times in lost.items():
                    print(f"{stage[: -64 + 12]}: its process was killed, {times} of {MOST} times", file=sys.stderr)
                held = bool(lost or outcomes) and ends_its_jobs(plan.master.hydra.launcher)
                ended = {outcome.key for outcome in outcomes}
            pending = [pair for pair in pending if pair[1].key not in ended]
        self.record.failures = failures(self.record, errors, self.resources)
        self.record.write(self.file)
        return held and any(asked.keys.are_in(store) for _, asked in todo)


def run_study(plan: Plan, words: Sequence[str], resources: Resources) -> int:
    """Runs what is missing of a study and tells what came out; returns the exit code.

    Raises:
        InvalidInput: before anything is started.
    """
    record, report = compute_study(plan, shlex.join(["synthmix", "run", *words]), resources)
    tell(record, resources, report)
    return int(bool(record.failures))


def compute_study(plan: Plan, line: str, resources: Resources) -> tuple[Record, Report]:
    """Runs what is missing of a study, and writes its report.

    Args:
        plan: of the study.
        line: the command line that asks for it, for its record.
        resources: the store and the tracker.

    Raises:
        InvalidInput: before anything is started.
    """
    name, parts = plan.study, Parts.of(plan, resources)
    resources.tracker.check()
    studies = Studies(resources.store.root)
    with studies.only_one(name):
        record = studies.read(name)
        record.check(plan.configs[0])
        is_new = not record.cells
        folder = sweep_folder(plan, name)
        command = StudyCommand(name, masked(line), record, studies.file(name), folder, resources)
        describe(record, plan, resources)
        record.report, record.stopped = str(folder / "report"), ""
        command.ask(plan, parts)
        if is_new:
            record.looked_at = looked_at_before(record, (asked.key for _, asked in parts.cells.values()), studies)
            record.write(command.file)
            for line in told(record.looked_at, len(record.seeds_planned)):
                print(line, file=sys.stderr)
        with resources.tracker.open_study(study_head(record)) as parent:
            resources.tracker.close_left_running(name)
            _compute_all(plan, parts, command, parent)
            projection = Projection(resources)
            runs = projection.study(record, parent.id)
            projection.complete()
            report = publish(record, resources, runs, Path(record.report), parent, projection.present)
    return record, report


def _compute_all(plan: Plan, parts: Parts, command: StudyCommand, parent: OpenRun) -> None:
    """Computes what is missing of a plan, and of a sequential study the seeds that it takes beyond it."""
    record, resources, launched = command.record, command.resources, 0

    def compute(plan: Plan, parts: Parts) -> bool:
        nonlocal launched
        todo = missing(parts.all, resources)
        if todo and not launched:
            for line in plan.warnings(asked.config for asked in record.cells.values()):
                print(line, file=sys.stderr)
        launched += len(todo)
        stored = len({asked.key for _, asked in parts.all.values()}) - len(todo)
        return not todo or command.compute(plan, todo, stored, parent)

    def ask_and_compute(batch: Plan) -> bool:
        sweep_folder(batch, command.name)
        of_batch = Parts.of(batch, resources)
        command.ask(batch, of_batch)
        return compute(batch, of_batch)

    may_go_on = compute(plan, parts)
    if plan.is_sequential and may_go_on:
        go_on(plan, record, resources, ask_and_compute)
    record.failures = failures(record, {}, resources)
    record.write(command.file)
    if not launched:
        print(f"nothing to compute: every cell of study {command.name} is stored", file=sys.stderr)
