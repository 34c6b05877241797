"""What tuning has chosen, and what each candidate would have come to by labels: for the report, and no choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from synthmix.analysis.result import LAST_KEYS
from synthmix.analysis.setting_cells import OF_AN_ARM
from synthmix.config.cell import CellConfig
from synthmix.config.schema import shown
from synthmix.metric import HeldOut, Metric
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.results import CellResult, metrics_of
from synthmix.study.asked import Asked


class Row(Protocol):
    """One combination of a study."""

    @property
    def asked(self) -> Asked:
        """What it was asked to be."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The same, flat."""
        ...

    @property
    def result(self) -> CellResult | None:
        """What the store has of it."""
        ...


def tuning_columns(result: CellResult | None) -> dict[str, Any]:
    """The settings that were chosen for a cell, `tuned/…`, with criterion and value; none where untuned."""
    if result is None or result.tuning is None:
        return {}
    tuning = result.tuning
    chosen = {f"tuned/{key}": _one_value(value) for key, value in tuning["chosen"].items()}
    return {**chosen, "tuning/criterion": tuning["criterion"], "tuning/value": tuning["value"]}


def candidate_scores(
    rows: Sequence[Row], score: str, first: Sequence[str], varying: Sequence[str], resources: Resources
) -> pd.DataFrame:
    """A row for each candidate of each tuned cell of real points alone, with its score on test by labels.

    Args:
        rows: the combinations of a study.
        score: name of its primary score, which is taken where it needs labels; else the task's first that does.
        first: the first key columns.
        varying: further ones.
        resources: the store, and what is needed to derive a score from it.
    """
    keys = [key for key in (*first, *varying) if key.partition(".")[0] not in OF_AN_ARM]
    by_cell = {row.asked.key: row for row in rows if row.result is not None and row.result.tuning is not None}
    found = [line for row in by_cell.values() for line in _of_cell(row, score, keys, resources)]
    if not found:
        return pd.DataFrame()
    by, table = [*keys, LAST_KEYS[1]], pd.DataFrame(found)
    return table.sort_values(by, key=_sortable, kind="stable", ignore_index=True)


def _of_cell(row: Row, score: str, keys: Sequence[str], resources: Resources) -> Iterator[dict[str, Any]]:
    tuning = row.result.tuning if row.result is not None else None
    key = None if tuning is None else tuning.get("candidates")
    entry = None if key is None else resources.store.find("candidates", key)
    if tuning is None or entry is None:
        return
    config = row.asked.depends_on().config
    supervised = _by_labels(config, score)
    if supervised is None:
        return
    name, metric = supervised
    test = resources.splits(config).test
    for candidate in entry.payload["candidates"]:
        outputs = {output: tensor.numpy() for output, tensor in candidate["outputs"]["test"].items()}
        yield {
            **{key: row.config.get(key) for key in (*keys, LAST_KEYS[1])},
            "settings": " ".join(f"{key}={shown(value)}" for key, value in candidate["settings"].items()),
            "chosen": candidate["settings"] == tuning["chosen"],
            f"{config.task.prefix}/{name}": metric.score(HeldOut(outputs, test.x, test.y, config.seed)),
        }


def _by_labels(config: CellConfig, score: str) -> tuple[str, Metric] | None:
    """The primary score that needs labels; None where there is none."""
    metrics = metrics_of(config)
    names = [name for name in (score, *config.task.primary) if name in metrics and metrics[name].needs_labels]
    return (names[0], metrics[names[0]]) if names else None


def _one_value(value: Any) -> Any:
    return shown(value) if value is None or isinstance(value, list) else value


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(str)
