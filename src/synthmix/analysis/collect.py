"""From a study's record and the store to the tables that statistics and report read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from synthmix.analysis.result import FIRST_KEYS, LAST_KEYS, Failure, StudyResult
from synthmix.config.flat import flatten
from synthmix.stages.store import Entry, Store
from synthmix.study.record import Asked, Record

NAMES = tuple(key for key in FIRST_KEYS if key.endswith(".name"))


@dataclass(frozen=True)
class Row:
    """One combination: what was asked for, flat, and what the store has of it."""

    combination: str
    config: Mapping[str, Any]
    entry: Entry | None
    failure: str | None

    @property
    def status(self) -> str:
        """finished, unavailable, failed or missing."""
        if self.entry is not None:
            return str(self.entry.payload["status"])
        return "missing" if self.failure is None else "failed"


def collect(
    record: Record,
    store: Store,
    runs: Mapping[str, str],
    tracking_uri: str | None,
    present: Callable[[str], str | None] = lambda source: source,
) -> StudyResult:
    """Reads every cell of a study.

    Args:
        record: what was asked for.
        store: the results.
        runs: the run of a combination, as far as there is one.
        tracking_uri: where they are logged; None where they are not.
        present: gives the run that stands now for one that computed something; other words as they are.
    """
    asked = list(_rows(record.cells, record, store))
    added = list(_rows(record.curve, record, store))
    settings = varying_settings([row.config for row in asked])
    cells = _table(asked, settings)
    score = record.settings["score"] or ("ari" if "cluster/ari" in cells else "silhouette")
    return StudyResult(
        name=record.name,
        cells=cells,
        curve=_table(added, settings),
        runs=_runs_table(asked, settings, runs, present),
        failures=[Failure(cell_label(row.config, settings), row.failure) for row in asked + added if row.failure],
        score=f"cluster/{score}",
        choose_by=record.settings["choose_by"],
        config=_shared_config(asked, settings),
        commands=record.commands,
        tracking_uri=tracking_uri,
        notes=list(_notes(record)),
    )


def flat_config(asked: Asked) -> dict[str, Any]:
    """The dotted keys of a combination, its number of training points as what it is."""
    flat = {key: str(value) if isinstance(value, list) else value for key, value in flatten(asked.config).items()}
    return flat | {"data.n_train": asked.n_train}


def cell_label(config: Mapping[str, Any], settings: list[str]) -> str:
    """What a failure is told by."""
    keys = ("model.name", *settings, "data.n_train", "mix.ratio", "clusterer.name", "seed")
    return " ".join(f"{key}={config.get(key)}" for key in keys)


def varying_settings(configs: list[dict[str, Any]] | list[Mapping[str, Any]]) -> list[str]:
    """Keys that differ among cells whose names do not tell them apart, such as model.steps in a sweep over it."""
    seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for config in configs:
        names = [str(config[key]) for key in NAMES]
        for key, value in config.items():
            if key not in (*FIRST_KEYS, *LAST_KEYS):
                seen[key, *names].add(str(value))
    return sorted({key for (key, *_), values in seen.items() if len(values) > 1})


def _rows(part: Mapping[str, Asked], record: Record, store: Store) -> Iterator[Row]:
    for combination, asked in part.items():
        entry = store.find("cell", asked.key)
        failure = None if entry else record.failures.get(combination)
        yield Row(combination, flat_config(asked), entry, failure)


def _keys(settings: list[str]) -> list[str]:
    return [*FIRST_KEYS, *settings, *LAST_KEYS]


def _table(rows: list[Row], settings: list[str]) -> pd.DataFrame:
    """A row for each combination, sorted by its keys; the columns of metrics in alphabetical order."""
    keys = _keys(settings)
    metrics = sorted({name for row in rows if row.entry for name in row.entry.payload["metrics"]})
    content = [
        {key: row.config.get(key) for key in keys}
        | {"status": row.status}
        | {name: row.entry.payload["metrics"].get(name) if row.entry else None for name in metrics}
        for row in rows
    ]
    table = pd.DataFrame(content, columns=[*keys, "status", *metrics])
    table = table.astype(dict.fromkeys(metrics, float) | ({"mix.ratio": float} if rows else {}))
    return table.sort_values(keys, key=_sortable, kind="stable", ignore_index=True)


def _runs_table(
    rows: list[Row], settings: list[str], runs: Mapping[str, str], present: Callable[[str], str | None]
) -> pd.DataFrame:
    """Where each combination's result is from, and how long its stages took."""
    keys = _keys(settings)
    content = []
    for row in rows:
        line = {key: row.config.get(key) for key in keys} | {"run_id": runs.get(row.combination)}
        if row.entry is not None:
            payload = row.entry.payload
            producer = row.entry.producer
            line |= {"computed_by": producer and (present(producer) or producer), "created": row.entry.manifest.created}
            line |= {f"time/{stage}_s": seconds for stage, seconds in payload["seconds"].items()}
            line |= {f"stage/{stage}": present(source) or source for stage, source in payload["sources"].items()}
        content.append(line)
    table = pd.DataFrame(content)
    return table.sort_values(keys, key=_sortable, kind="stable", ignore_index=True)


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers by their size; where texts and nulls stand among them, as texts."""
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(str)


def _shared_config(rows: list[Row], settings: list[str]) -> str:
    """What all cells share, as YAML with dotted keys."""
    first, *others = [row.config for row in rows]
    shared = {
        key: value
        for key, value in first.items()
        if key not in _keys(settings) and all(key in config and config[key] == value for config in others)
    }
    return yaml.safe_dump(shared, sort_keys=True, allow_unicode=True)


def _notes(record: Record) -> Iterator[str]:
    """A change of the primary score, and cells that today's code would compute anew, shown as they are."""
    if len(record.scores) > 1:
        yield (
            f"the primary score was changed ({', then '.join(record.scores)}): one that is chosen after the result is "
            "known is no evidence, whatever its p"
        )
    stale = sum(asked.depends_on().cell_key != asked.key for asked in (*record.cells.values(), *record.curve.values()))
    if stale:
        yield (
            f"{stale} of {len(record.cells) + len(record.curve)} cells were computed with other code or other library "
            "versions than today's; the commands that asked for them compute them anew"
        )
