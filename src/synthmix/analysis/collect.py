"""From a study's record and the store to the tables that statistics and report read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from synthmix.analysis.candidates import candidate_scores, tuning_columns
from synthmix.analysis.data_sets.sizes import TEST_DATA, sizes_of
from synthmix.analysis.result import LAST_KEYS, Failure, StudyResult, first_keys
from synthmix.config.cell import from_plain
from synthmix.config.flat import flatten
from synthmix.generators.roles import role_of
from synthmix.metric import Metric
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import PREFIXES, CellResult, metrics_of
from synthmix.study.asked import Asked
from synthmix.study.looked_at import told
from synthmix.study.record import Record


@dataclass(frozen=True)
class CellRow:
    """One combination: what was asked for, also flat, and what the store has of it."""

    combination: str
    asked: Asked
    config: Mapping[str, Any]
    result: CellResult | None
    failure: str | None

    @property
    def status(self) -> str:
        """finished, unavailable, failed or missing."""
        if self.result is not None:
            return self.result.status
        return "missing" if self.failure is None else "failed"


def collect(
    record: Record,
    resources: Resources,
    runs: Mapping[str, str],
    present: Callable[[str], str | None] = lambda source: source,
    *,
    selected: Collection[str] | None = None,
    exploratory: bool = False,
) -> StudyResult:
    """Reads every cell of a study.

    Args:
        record: what was asked for.
        resources: the store, and what is needed to derive scores from it.
        runs: the run of a combination, as far as there is one.
        present: gives the run that stands now for one that computed something; other words as they are.
        selected: the combinations to display; None for all.
        exploratory: whether the cells are of several studies.
    """
    config = from_plain(next(iter(record.cells.values())).whole_config)
    task, first = config.task, first_keys(config.task.learner)
    parts = (record.cells, record.curve, record.configured)
    asked, added, configured = (list(_rows(part, record, resources)) for part in parts)
    varying = varying_keys([row.config for row in asked], first)
    cells = _table(asked, first, varying)
    metrics = metrics_of(config)
    comparable = _comparable(metrics, asked)
    primary = _first_of_all(task.primary, task.prefix, cells, comparable)
    choose_by = _first_of_all(task.choose_by, PREFIXES["val"], cells, comparable)
    settings = record.settings
    score = settings["score"] or primary or task.primary[0]
    shown = None if selected is None else frozenset(map(list(cells.index).index, selected))
    return StudyResult(
        name=record.name,
        cells=cells.reset_index(drop=True),
        curve=_table(added, first, varying).reset_index(drop=True),
        configured=_table(configured, first, varying).reset_index(drop=True),
        candidates=candidate_scores([*asked, *added], score, first, varying, resources),
        runs=_runs_table(asked, first, varying, runs, present),
        failures=[*_failures(asked + added, first, varying), *_failures(configured, first, varying, " as configured")],
        score=f"{task.prefix}/{score}",
        choose_by=settings["choose_by"] or choose_by,
        learner=task.learner,
        metrics=metrics,
        roles={row.config["model.name"]: role_of(row.config["model._target_"]) for row in asked},
        config=_shared_config(asked, first, varying),
        commands=record.commands,
        tracking_uri=resources.tracker.uri,
        notes=list(_notes(record)),
        margin=settings.get("margin"),
        planned_seeds=list(record.seeds if settings.get("sequential") else record.seeds_planned) or None,
        seeds_to_come=max(0, (settings.get("seeds_planned") or 0) - len(record.seeds)),
        sequential=bool(settings.get("sequential")),
        shown=shown,
        exploratory=exploratory,
        supervised=task.supervised,
        untuned=_untuned(asked, task.learner),
        k_from_labels=_k_from_labels(asked, task.learner) if metrics[score].of_learner else frozenset(),
        sizes=sizes_of(asked, varying, record.data, resources),
    )


def _untuned(rows: Sequence[CellRow], learner: str) -> frozenset[str]:
    """Names of the learners that have a search and were not tuned."""
    # The search is no part of the config of a cell that was not tuned.
    return frozenset(
        str(row.config[f"{learner}.name"])
        for row in rows
        if row.config.get("tuning") != "held_out" and row.asked.whole_config[learner].get("search")
    )


def _k_from_labels(rows: Sequence[CellRow], learner: str) -> frozenset[str]:
    """Names of the learners whose number of clusters is left to the known classes."""
    return frozenset(
        str(row.config[f"{learner}.name"]) for row in rows if row.config.get(f"{learner}.n_clusters", 0) is None
    )


def _comparable(metrics: Mapping[str, Metric], asked: Sequence[CellRow]) -> list[str]:
    """The scores by which cells can be compared though their representations differ, as those of the mixture do."""
    on_mixture = any(row.config.get("representation.fit_on") == "mixture" for row in asked)
    return [name for name, metric in metrics.items() if not (on_mixture and metric.in_represented_space)]


def _first_of_all(names: Sequence[str], prefix: str, cells: pd.DataFrame, comparable: Collection[str]) -> str | None:
    """The first of these scores that every finished cell has, or where there is none, that some cell has.

    Args:
        names: of scores, in order of preference.
        prefix: of their columns.
        cells: of the study.
        comparable: scores by which cells of this study can be compared.

    Returns:
        None where no cell has any of them. Where nothing is finished yet, the first that can be compared.
    """
    finished = cells[cells["status"] == "finished"]
    known = {name: finished[f"{prefix}/{name}"].notna() for name in names if f"{prefix}/{name}" in finished}
    usable = [name for name in names if name in comparable]
    if finished.empty:
        return next(iter(usable), None)
    of_all = [name for name in usable if name in known and known[name].all()]
    return next(iter([*of_all, *(name for name in usable if name in known and known[name].any())]), None)


def _failures(rows: Sequence[CellRow], first: Sequence[str], varying: list[str], suffix: str = "") -> Iterator[Failure]:
    """The cells without a result, and why."""
    for row in rows:
        if row.failure:
            yield Failure(cell_label(row.config, first, varying) + suffix, row.failure)


def flat_config(asked: Asked) -> dict[str, Any]:
    """The dotted keys of a combination, with its actual number of training points."""
    flat = {key: str(value) if isinstance(value, list) else value for key, value in flatten(asked.config).items()}
    return flat | {"data.n_train": asked.n_train}


def cell_label(config: Mapping[str, Any], first: Sequence[str], varying: list[str]) -> str:
    """The keys that identify a failed cell."""
    keys = ("model.name", *varying, "data.n_train", "mix.ratio", first[1], "seed")
    return " ".join(f"{key}={config.get(key)}" for key in keys)


def varying_keys(configs: Sequence[Mapping[str, Any]], first: Sequence[str]) -> list[str]:
    """Keys that differ among cells whose names do not tell them apart, such as model.steps in a sweep over it."""
    seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for config in configs:
        names = [str(config[key]) for key in first if key.endswith(".name")]
        for key, value in ({TEST_DATA: None} | dict(config)).items():  # no key of a cell where it is null
            if key not in (*first, *LAST_KEYS):
                seen[key, *names].add(str(value))
    return sorted({key for (key, *_), values in seen.items() if len(values) > 1})


def _rows(part: Mapping[str, Asked], record: Record, resources: Resources) -> Iterator[CellRow]:
    for combination, asked in part.items():
        result = asked.result(resources)
        failure = None if result else record.failures.get(combination)
        yield CellRow(combination, asked, flat_config(asked), result, failure)


def _keys(first: Sequence[str], varying: list[str]) -> list[str]:
    return [*first, *varying, *LAST_KEYS]


def _table(rows: list[CellRow], first: Sequence[str], varying: list[str]) -> pd.DataFrame:
    """A row for each combination, by which it is labelled, sorted by its keys; metrics in alphabetical order."""
    keys = _keys(first, varying)
    metrics = sorted({name for row in rows if row.result for name in row.result.metrics})
    chosen = [tuning_columns(row.result) for row in rows]
    settings = sorted({name for columns in chosen for name in columns})
    content = [
        {key: row.config.get(key) for key in keys}
        | {"status": row.status}
        | {name: row.result.metrics.get(name) if row.result else None for name in metrics}
        | {name: columns.get(name) for name in settings}
        for row, columns in zip(rows, chosen, strict=True)
    ]
    table = pd.DataFrame(content, columns=[*keys, "status", *metrics, *settings], index=[r.combination for r in rows])
    table = table.astype(dict.fromkeys(metrics, float) | ({"mix.ratio": float} if rows else {}))
    table = table.copy()  # in one piece again, as pandas warns of one in more than a hundred
    return table.sort_values(keys, key=_sortable, kind="stable")


def _runs_table(
    rows: list[CellRow],
    first: Sequence[str],
    varying: list[str],
    runs: Mapping[str, str],
    present: Callable[[str], str | None],
) -> pd.DataFrame:
    """Where each combination's result is from, and how long its stages took."""
    keys = _keys(first, varying)
    content = []
    for row in rows:
        line = {key: row.config.get(key) for key in keys} | {"run_id": runs.get(row.combination)}
        if row.result is not None:
            entry, payload = row.result.entry, row.result.entry.payload
            producer = entry.producer
            line |= {"computed_by": producer and (present(producer) or producer), "created": entry.manifest.created}
            line |= {f"time/{stage}_s": seconds for stage, seconds in payload["seconds"].items()}
            line |= {f"stage/{stage}": present(source) or source for stage, source in payload["sources"].items()}
        content.append(line)
    table = pd.DataFrame(content)
    return table.sort_values(keys, key=_sortable, kind="stable", ignore_index=True)


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """A sort key: numbers as they are, mixed columns as text."""
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(str)


def _shared_config(rows: list[CellRow], first: Sequence[str], varying: list[str]) -> str:
    """What all cells share, as YAML with dotted keys."""
    head, *others = [row.config for row in rows]
    shared = {
        key: value
        for key, value in head.items()
        if key not in _keys(first, varying) and all(key in config and config[key] == value for config in others)
    }
    return yaml.safe_dump(shared, sort_keys=True, allow_unicode=True)


def _notes(record: Record) -> Iterator[str]:
    """Notes on a changed primary score, a sequential study's end, and results of other versions of the code."""
    if len(record.scores) > 1:
        yield (
            f"the primary score was changed ({', then '.join(record.scores)}): one that is chosen after the result is "
            "known is no evidence, whatever its p"
        )
    if record.settings.get("sequential"):
        so_far = f"not over after {len(record.seeds)} seeds; the command that asked for it goes on"
        yield f"sequential: {record.stopped or so_far}"
    yield from told(record.looked_at, len(record.seeds_planned))
    stale = sum(not asked.is_current for asked in record.all_cells.values())
    if stale:
        yield (
            f"{stale} of {len(record.all_cells)} cells were computed with other code or other library "
            "versions than today's; the commands that asked for them compute them anew"
        )
