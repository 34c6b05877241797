"""What a command ends with: a short table, where the pictures are, and how to open the UI."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.study.job import Outcome
from synthmix.tracking import Run, Tracker

KEYS = ["model.name", "clusterer.name", "representation.name", "data.name", "data.n_train", "mix.ratio", "seed"]


def print_cell(outcome: Outcome, tracker: Tracker) -> None:
    """Scores and quality of one cell."""
    if outcome.error:
        print(f"{outcome.status}: {outcome.error}", file=sys.stderr)
    if outcome.traceback:
        print(outcome.traceback, file=sys.stderr)
    config = outcome.config
    print(
        f"{config['model.name']} at ratio {config['mix.ratio']:g}, {config['clusterer.name']} on {config['data.name']}"
    )
    for name in sorted(outcome.metrics):
        if not name.endswith("_covered") or outcome.metrics["cluster/coverage"] < 1:
            print(f"  {name:<32} {outcome.metrics[name]:10.4g}")
    print(f"MLflow run {outcome.run_id} in {tracker.uri}")
    print(f"to look at it: {ui_command(tracker)}")


def ui_command(tracker: Tracker) -> str:
    """What a user types to see the store that was logged to."""
    return f"MLFLOW_TRACKING_URI={tracker.uri} synthmix ui"


def cells_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """A row for each cell, sorted by what varies: keys, status and every metric."""
    rows = [
        {key: outcome.config.get(key) for key in KEYS} | {"status": outcome.status} | outcome.metrics
        for outcome in outcomes
    ]
    return pd.DataFrame(rows).sort_values(KEYS, ignore_index=True)


def arm_table(cells: pd.DataFrame, score: str) -> pd.DataFrame:
    """Arm × ratio, a block for each clusterer: mean ± spread of a score over seeds, and the paired difference.

    Args:
        cells: from `cells_table`.
        score: a column of it.

    Returns:
        Columns `clusterer`, `model`, `ratio`, `seeds`, `mean`, `sd`, `difference` (to ratio 0 of the same seeds),
        `difference_sd`, `fd`, sorted.
    """
    done = cells[cells["status"] == "finished"]
    pairs = ["clusterer.name", "representation.name", "model.name", "data.name", "data.n_train", "seed"]
    baseline = done[done["mix.ratio"] == 0].set_index(pairs)[score].rename("baseline")
    joined = done.join(baseline, on=pairs)
    joined["difference"] = joined[score] - joined["baseline"]
    fd = next((name for name in ("quality/fd_classifier", "quality/fd_pca") if name in joined), None)
    joined["fd"] = joined[fd] if fd else float("nan")
    groups = joined.groupby(["clusterer.name", "representation.name", "model.name", "mix.ratio"])
    table = groups.agg(
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
        print(_as_text(table, score))
        _log_figures(cells, score, folder, parent)
    for outcome in outcomes:
        if outcome.status in ("failed", "invalid"):
            print(f"{outcome.status}: {_label(outcome)}: {outcome.error}")
    print(f"pictures and tables: {folder.absolute()}")
    print(f"MLflow study {parent.id}; to look at it: {ui_command(tracker)}")


def _log_figures(cells: pd.DataFrame, score: str, folder: Path, parent: Run) -> None:
    from synthmix.plots.study import ratio_curves

    figure = ratio_curves(cells, score)
    figure.savefig(folder / "ratio_curves.png", dpi=110)
    parent.log_file(folder / "ratio_curves.png", "report")


def _label(outcome: Outcome) -> str:
    return " ".join(f"{key}={outcome.config.get(key)}" for key in ("model.name", "mix.ratio", "clusterer.name", "seed"))


def _as_text(table: pd.DataFrame, score: str) -> str:
    """The table for the terminal: a block for each clusterer and representation."""
    lines = [f"{score}: mean ± sd over seeds; difference: paired with ratio 0; fd: of the generator's samples"]
    for (clusterer, representation), block in table.groupby(["clusterer.name", "representation.name"]):
        lines += ["", f"{clusterer} on {representation}"]
        lines.append(f"  {'model':<12} {'ratio':>6} {'seeds':>5}  {'mean ± sd':<14} {'difference ± sd':<17} {'fd':>8}")
        lines += [_row(row) for row in block.to_dict("records")]
    return "\n".join(lines)


def _row(row: dict[Hashable, Any]) -> str:
    ratio = row["mix.ratio"]
    difference = (
        "" if ratio == 0 or pd.isna(row["difference"]) else _spread(row["difference"], row["difference_sd"], "+")
    )
    fd = "" if pd.isna(row["fd"]) else f"{row['fd']:.3g}"
    score = _spread(row["mean"], row["sd"])
    return f"  {row['model.name']:<12} {ratio:>6g} {row['seeds']:>5}  {score:<14} {difference:<17} {fd:>8}".rstrip()


def _spread(mean: float, sd: float, sign: str = "") -> str:
    """Mean and spread; a single seed has none."""
    return f"{mean:{sign}.3f}" + ("" if pd.isna(sd) else f" ± {sd:.3f}")
