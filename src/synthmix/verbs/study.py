"""A study as the verb `run` has it: what is missing is launched, what is known is logged, and the report is written."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from synthmix.config.plain import to_plain
from synthmix.pipeline.resources import Resources
from synthmix.report.publishing import publish, tell
from synthmix.study.job import read_outcomes
from synthmix.study.plan import Plan
from synthmix.study.progress import progress_bar
from synthmix.study.project import Projection
from synthmix.study.record import Studies
from synthmix.study.study_record import study_head
from synthmix.study.sweep import (
    ask,
    describe,
    distinct,
    failures,
    job_errors,
    launch_blocks,
    missing,
    own_settings,
    settled,
    sweep_folder,
)


def run_study(plan: Plan, words: Sequence[str], resources: Resources) -> int:
    """Runs what is missing of a study; returns the exit code.

    Raises:
        InvalidInput: before anything is started.
    """
    name = plan.study
    cells, curve, configured = (ask(part, resources) for part in (plan.cells, plan.curve, plan.configured))
    both = cells | curve | configured
    resources.tracker.check()
    studies = Studies(resources.store.root)
    with studies.only_one(name):
        record = studies.read(name)
        record.check(plan.configs[0])
        command = shlex.join(["synthmix", "run", *words])
        own = own_settings(resources, name)
        asked_for, added = settled(cells, own), settled(distinct(curve), own)
        record.ask(asked_for, added, command, to_plain(plan.configs[0].study), settled(configured, own))
        folder = sweep_folder(plan, name)
        describe(record, plan, resources)
        record.report = str(folder / "report")
        record.write(studies.file(name))
        with resources.tracker.open_study(study_head(record)) as parent:
            resources.tracker.close_left_running(name)
            todo, errors = missing(both, resources), dict[str, str]()
            if not todo:
                print(f"nothing to compute: every cell of study {name} is stored", file=sys.stderr)
            else:
                for line in plan.warnings(asked.config for asked in record.cells.values()):
                    print(line, file=sys.stderr)
                attempt = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
                stored = len({asked.key for _, asked in both.values()}) - len(todo)
                with progress_bar(attempt, jobs=len(todo), stored=stored):
                    broken = launch_blocks(plan, todo, attempt, parent, resources)
                if broken is not None:
                    print(broken, file=sys.stderr)
                    resources.tracker.close_left_running(name)
                errors = job_errors(read_outcomes(attempt), todo)
            record.failures = failures(record, errors, resources)
            record.write(studies.file(name))
            projection = Projection(resources)
            runs = projection.study(record, parent.id)
            projection.complete()
            report = publish(record, resources, runs, Path(record.report), parent, projection.present)
    tell(record, resources, report)
    return int(bool(record.failures))
