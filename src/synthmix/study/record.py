"""The record of a study: the cells requested by all its commands, which later commands extend.

It is `<store>/studies/<study>/study.json` and holds no results: those are in the store.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from synthmix.config.cell import CellConfig
from synthmix.config.schema import shown
from synthmix.config.sections.study import DESIGN, StudyConfig
from synthmix.config.sections.tracking import Part
from synthmix.disk import is_disk_fault
from synthmix.errors import InvalidInput
from synthmix.study.added import Batch
from synthmix.study.asked import Asked

RECORD = "study.json"


@dataclass
class Record:
    """The requests of a study.

    Attributes:
        name: the study.
        commands: the command lines, the same one once.
        settings: the `study` node of the last one.
        scores: the primary scores that were asked for, in turn; "default" where none was named.
        cells: by combination.
        curve: the cells that the study has added for its learning curve, by combination.
        configured: those that it has added without tuning, likewise.
        seeds_planned: the seeds whose cells count in the analysis; empty where all do.
        looked_at: by study, with how many of these seeds it was planned, where its verdicts may have been seen before.
        batches: of a sequential study, the batches of seeds that it has added by itself, in turn.
        stopped: why it adds no more; empty while it is under way, and of a study that is not sequential.
        failures: one line for each combination that failed last time.
        tracking: the node `tracking` of the last command, its `uri` resolved.
        experiment: the `experiment=` of the first command; None where it named none.
        data: by digest, `name` and `shape` of each data set, all of its points.
        environment: the tags of the environment in which it was last asked for.
        environment_text: the hash of the text about it.
        report: the folder of the last report.
        created, updated: UTC time, ISO 8601.
    """

    name: str
    commands: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    scores: list[str] = field(default_factory=list)
    cells: dict[str, Asked] = field(default_factory=dict)
    curve: dict[str, Asked] = field(default_factory=dict)
    configured: dict[str, Asked] = field(default_factory=dict)
    seeds_planned: list[int] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    stopped: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)
    experiment: str | None = None
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    environment_text: str = ""
    report: str = ""
    created: str = ""
    updated: str = ""

    def ask(
        self,
        cells: Mapping[str, Asked],
        curve: Mapping[str, Asked],
        command: str,
        settings: Mapping[str, Any],
        configured: Mapping[str, Asked] | None = None,
    ) -> None:
        """Adds what a command asks for; what was asked for before stays."""
        configured, before = configured or {}, self.seeds
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.created, self.updated = self.created or now, now
        self.commands = list(dict.fromkeys([*self.commands, command]))
        self.settings = dict(settings)
        self.scores = list(dict.fromkeys([*self.scores, settings.get("score") or "default"]))
        changed = {
            key: asked for key, asked in cells.items() if key not in self.cells or self.cells[key].key != asked.key
        }
        self.cells |= changed  # what is there already was logged as it was asked for first
        self.curve = self._with_added(self.curve, curve)
        self.configured = self._with_added(self.configured, configured)
        self._plan_seeds(before)
        self._share_metrics(asked for part in (cells, curve, configured) for asked in part.values())

    def _with_added(self, old: Mapping[str, Asked], new: Mapping[str, Asked]) -> dict[str, Asked]:
        known = {key: asked for key, asked in old.items() if key not in new or new[key].key == asked.key}
        return {key: asked for key, asked in (dict(new) | known).items() if key not in self.cells}

    def _plan_seeds(self, before: Sequence[int]) -> None:
        """The first seeds where their number is stated, else those of the first command; none of a sequential study.

        Args:
            before: the seeds that were asked for before, all of which count where no plan was kept of them.
        """
        if self.settings.get("sequential"):
            self.seeds_planned = []
        elif self.settings.get("seeds_planned"):
            self.seeds_planned = list(self.seeds[: self.settings["seeds_planned"]])
        else:
            self.seeds_planned = self.seeds_planned or list(before or self.seeds)

    def _share_metrics(self, new: Iterable[Asked]) -> None:
        """Gives every cell all metrics of the user's own: a score is derived, of what was computed before as well."""
        both = (*self.all_cells.values(), *new)
        metrics = {name: node for asked in both for name, node in asked.elsewhere.get("metrics", {}).items()}
        for part in (self.cells, self.curve, self.configured) if metrics else ():
            for key, asked in part.items():
                part[key] = replace(asked, elsewhere={**asked.elsewhere, "metrics": metrics})

    @property
    def all_cells(self) -> dict[str, Asked]:
        """Those asked for, and those that the study has added."""
        return self.cells | self.curve | self.configured

    def part_of(self, combination: str) -> Part:
        """The part of the study that one of `all_cells` belongs to."""
        if combination in self.curve:
            return "curve"
        return "configured" if combination in self.configured else "sweep"

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds in the order in which they were asked for."""
        return list(dict.fromkeys(int(asked.config["seed"]) for asked in self.cells.values()))

    @property
    def tasks(self) -> Sequence[str]:
        """The names of the tasks of its cells; a study has one."""
        return sorted({str(cell.config["task"]["name"]) for cell in self.cells.values()})

    def check(self, config: CellConfig) -> None:
        """Raises InvalidInput where the study has another task, tuning or plan: one name may be given to any sweep."""
        faults = [
            f"tracking.study={self.name}: its {key} is {shown(known)}; {key}={shown(asked)} needs another study"
            for key, known, asked in self._decided(config)
            if known != asked
        ]
        if faults and self.cells:
            raise InvalidInput(*faults)

    def _decided(self, config: CellConfig) -> Iterator[tuple[str, Any, Any]]:
        """What a study has one of: the key, what it is, and what it would be by a config."""
        for cell in itertools.islice(self.cells.values(), 1):
            yield "task", cell.config["task"]["name"], config.task.name
            yield "tuning", cell.config.get("tuning", "none"), config.tuning or "none"
        usual = StudyConfig()
        for key in DESIGN:
            yield f"study.{key}", self.settings.get(key, getattr(usual, key)), getattr(config.study, key)

    @property
    def report_folder(self) -> Path:
        """Where its report lies; multirun/NAME/report here where the store was copied, and may be a stranger's."""
        folder = Path(self.report).absolute()
        own = folder.is_relative_to(Path.cwd()) or (folder / "index.html").is_file()
        return folder if self.report and own else Path("multirun", self.name, "report").absolute()

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads a record.

        Raises:
            InvalidInput: it is damaged. It holds no results: what the command asks for is found in the store.
        """
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            for part in ("cells", "curve", "configured"):
                content[part] = {key: Asked(**asked) for key, asked in content.get(part, {}).items()}
            content["batches"] = [Batch(**batch) for batch in content.get("batches", [])]
            return cls(**content)
        except (ValueError, TypeError, AttributeError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise InvalidInput(
                f"{file}: is damaged ({reason}); remove it and ask for the study again: no cell is computed twice"
            ) from error

    def write(self, file: Path) -> None:
        """Writes it atomically."""
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".partial")
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        os.replace(draft, file)


class Studies:
    """The records in a store's folder."""

    def __init__(self, store: Path) -> None:
        self.root = store / "studies"

    def names(self) -> Sequence[str]:
        """All studies, the one that was asked for last at the end."""
        files = sorted(self.root.glob(f"*/{RECORD}"), key=lambda file: Record.read(file).updated)
        return [file.parent.name for file in files]

    def file(self, name: str) -> Path:
        """Where a study's record lies."""
        return self.root / name / RECORD

    def read(self, name: str) -> Record:
        """A study's record; an empty one where there is none yet."""
        file = self.file(name)
        record = Record.read(file) if file.exists() else Record(name)
        if record.name != name:  # which names folders
            raise InvalidInput(f"{file}: is the record of another study, {record.name}")
        return record

    @contextmanager
    def only_one(self, name: str) -> Iterator[None]:
        """A lock against running one study twice at a time.

        Raises:
            InvalidInput: another process runs it, or the store cannot be written.
        """
        folder = self.root / name
        lock = FileLock(folder / "running.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:  # which is an OSError too
            raise InvalidInput(f"study {name}: another process is running it; wait for it, or stop it") from None
        except OSError as error:
            if not is_disk_fault(error):
                raise
            raise InvalidInput(f"paths.store={self.root.parent}: cannot be written ({error.strerror})") from error
        try:
            yield
        finally:
            lock.release()
