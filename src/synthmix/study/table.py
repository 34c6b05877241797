"""What a command ends with: a short table, where the pictures are, and how to open the UI."""

from __future__ import annotations

import shlex
import sys
from collections import defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.study.job import Outcome
from synthmix.tracking import Run, Tracker

BLOCK = ["data.name", "data.n_train", "clusterer.name", "representation.name"]
KEYS = ["model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"]

SHOWN = ["data.name", "data.n_train", "model.name", "mix.ratio", "representation.name", "clusterer.name", "seed"]


def print_cell(outcome: Outcome, tracker: Tracker) -> None:
    """Scores and quality of one cell."""
    if outcome.error:
        print(f"{outcome.status}: {outcome.error}", file=sys.stderr)
    if outcome.traceback:
        print(outcome.traceback, file=sys.stderr)
    if outcome.metrics:
        print(" ".join(f"{key}={outcome.config[key]}" for key in SHOWN))
    for name in sorted(outcome.metrics):
        if not name.endswith("_covered") or outcome.metrics["cluster/coverage"] < 1:
            print(f"  {name:<32} {outcome.metrics[name]:10.4g}")
    print(f"MLflow run {outcome.run_id} in {tracker.uri}")
    print(f"to look at it: {ui_command(tracker)}")


def ui_command(tracker: Tracker) -> str:
    """What a user types to see the store that was logged to."""
    return f"MLFLOW_TRACKING_URI={shlex.quote(tracker.uri)} synthmix ui"


def cells_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """A row for each cell, sorted by what varies: keys, status and every metric."""
    keys = [*KEYS[:-2], *_settings(outcomes), *KEYS[-2:]]
    rows = [
        {key: _scalar(outcome.config.get(key)) for key in keys} | {"status": outcome.status} | outcome.metrics
        for outcome in outcomes
    ]
    return pd.DataFrame(rows).sort_values(keys, key=_sortable, ignore_index=True)


def arm_table(cells: pd.DataFrame, score: str) -> pd.DataFrame:
    """Mean ± spread of a score over seeds, and of its paired difference to ratio 0, for each arm.

    Args:
        cells: from `cells_table`.
        score: a column of it.

    Returns:
        A row for each combination of the keys but the seed, with `seeds`, `mean`, `sd`, `difference` (to ratio 0 of
        the same seeds), `difference_sd` and `fd`, sorted.
    """
    keys = [column for column in map(str, cells) if column != "status" and "/" not in column]
    arm, pairs = [key for key in keys if key != "seed"], [key for key in keys if key != "mix.ratio"]
    done = cells[cells["status"] == "finished"]
    baseline = done.loc[done["mix.ratio"] == 0, [*pairs, score]].rename(columns={score: "baseline"})
    joined = done.merge(baseline, on=pairs, how="left")
    joined["difference"] = joined[score] - joined["baseline"]
    fd = next((name for name in ("quality/fd_classifier", "quality/fd_pca") if name in joined), None)
    joined["fd"] = joined[fd] if fd else float("nan")
    table = joined.groupby(arm, dropna=False).agg(
        seeds=("seed", "nunique"),
        mean=(score, "mean"),
        sd=(score, "std"),
        difference=("difference", "mean"),
        difference_sd=("difference", "std"),
        fd=("fd", "mean"),
    )
    return table.reset_index()


def finish_study(outcomes: Sequence[Outcome], folder: Path, parent: Run, tracker: Tracker) -> None:
    """Prints a study's table and logs it, with its figures, to the parent run."""
    cells = cells_table(outcomes)
    cells.to_csv(folder / "cells.csv", index=False)
    parent.log_file(folder / "cells.csv", "report")
    counts = cells["status"].value_counts().to_dict()
    parent.log_metrics({f"study/{status}": count for status, count in counts.items()})
    score = next((name for name in ("cluster/ari", "cluster/silhouette") if name in cells), None)
    if score is not None:
        table = arm_table(cells, score)
        table.to_csv(folder / "summary.csv", index=False)
        parent.log_file(folder / "summary.csv", "report")
        print(table_text(table, score))
        _log_figures(cells, score, folder, parent)
    for outcome in outcomes:
        if outcome.status in ("failed", "invalid"):
            print(f"{outcome.status}: {_label(outcome, _settings(outcomes))}: {outcome.error}")
    print(f"pictures and tables: {folder.absolute()}")
    print(f"MLflow study {parent.id}; to look at it: {ui_command(tracker)}")


def _log_figures(cells: pd.DataFrame, score: str, folder: Path, parent: Run) -> None:
    from synthmix.plots.study import ratio_curves

    figure = ratio_curves(cells.assign(**{"model.name": _labels(cells)}), score)
    figure.savefig(folder / "ratio_curves.png", dpi=110)
    parent.log_file(folder / "ratio_curves.png", "report")


def _label(outcome: Outcome, settings: Sequence[str]) -> str:
    keys = ("model.name", *settings, "mix.ratio", "clusterer.name", "seed")
    return " ".join(f"{key}={outcome.config.get(key)}" for key in keys)


def _settings(outcomes: Sequence[Outcome]) -> list[str]:
    """Keys that differ among cells whose names do not tell them apart, such as model.steps in a sweep over it."""
    seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for outcome in outcomes:
        names = [str(outcome.config[key]) for key in KEYS if key.endswith(".name")]
        for key, value in outcome.config.items():
            if key not in KEYS and not key.startswith("tracking."):
                seen[key, *names].add(str(value))
    return sorted({key for (key, *_), values in seen.items() if len(values) > 1})


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, list) else value


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers by their size; where texts and nulls stand among them, as texts."""
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(str)


def _labels(table: pd.DataFrame) -> pd.Series[str]:
    """The name of each row's model, with the settings that tell arms of one name apart."""
    settings = [key for key in map(str, table) if key not in KEYS and "." in key and "/" not in key]
    rows = (
        [row["model.name"], *(f"{key}={row[key]}" for key in settings if not pd.isna(row[key]))]
        for row in table.astype(object).to_dict("records")
    )
    return pd.Series([" ".join(row) for row in rows], index=table.index)


def table_text(table: pd.DataFrame, score: str) -> str:
    """The table for the terminal: a block for each clusterer, representation, data set and size."""
    lines = [f"{score}: mean ± sd over seeds; difference: paired with ratio 0; fd: of the generator's samples"]
    table = table.assign(arm=_labels(table))
    width = max(12, *table["arm"].str.len())
    head = f"  {'model':<{width}} {'ratio':>6} {'seeds':>5}  {'mean ± sd':<14} {'difference ± sd':<17} {'fd':>8}"
    for _, block in table.groupby(BLOCK, dropna=False):
        first = block.iloc[0]
        size = "all" if pd.isna(first["data.n_train"]) else f"{first['data.n_train']:g}"
        lines += [
            "",
            f"{first['clusterer.name']} on {first['representation.name']}, {size} of {first['data.name']}",
            head,
        ]
        lines += [_row(row, width) for row in block.to_dict("records")]
    return "\n".join(lines)


def _row(row: dict[Hashable, Any], width: int) -> str:
    ratio = row["mix.ratio"]
    compared = ratio > 0 and not pd.isna(row["difference"])
    difference = _spread(row["difference"], row["difference_sd"], "+") if compared else ""
    fd = "" if pd.isna(row["fd"]) else f"{row['fd']:.3g}"
    score = _spread(row["mean"], row["sd"])
    return f"  {row['arm']:<{width}} {ratio:>6g} {row['seeds']:>5}  {score:<14} {difference:<17} {fd:>8}".rstrip()


def _spread(mean: float, sd: float, sign: str = "") -> str:
    """Mean and spread; a single seed has none."""
    return f"{mean:{sign}.3f}" + ("" if pd.isna(sd) else f" ± {sd:.3f}")
