"""The blocks of a study, within which arms are compared: a clusterer, a representation, n points of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.notation import general
from synthmix.study.analysis import Analysis

ROLES = ("baseline", "generator", "placebo", "control", "oracle")  # the order in which rows stand
NAMED = ("clusterer.name", "representation.name", "data.name", "data.n_train")


@dataclass(frozen=True)
class Block:
    """The rows of one block in the tables of an analysis.

    Attributes:
        title: what tells it from the other blocks of the study.
        keys: its keys and their values.
        summary: of `Analysis`, ratio 0 once, by role, arm and ratio.
        curve, best: of `Analysis`.
        family: its row of `Analysis.family`.
    """

    title: str
    keys: Mapping[str, Any]
    summary: pd.DataFrame
    curve: pd.DataFrame
    best: pd.DataFrame
    family: Mapping[Any, Any]


def blocks(analysis: Analysis) -> list[Block]:
    """Every block of a study, in the order of `Analysis.family`."""
    keys = block_keys(analysis)
    told = [key for key in keys if analysis.family[key].nunique(dropna=False) > 1]
    return [
        Block(
            title=_title(row, told),
            keys={key: row[key] for key in keys},
            summary=_in_order(of_block(analysis.summary, row, keys)),
            curve=of_block(analysis.curve, row, keys),
            best=_by_role(of_block(analysis.best, row, keys), "ratio"),
            family=row,
        )
        for row in analysis.family.to_dict("records")
    ]


def block_keys(analysis: Analysis) -> list[str]:
    """The columns that tell blocks apart."""
    return [column for column in map(str, analysis.family) if "." in column]


def by_size(found: Sequence[Block]) -> dict[str, pd.DataFrame]:
    """The summaries of those blocks that differ in their number of real points alone, put together, by their title."""
    groups: dict[str, list[pd.DataFrame]] = {}
    for block in found:
        rest = {key: value for key, value in block.keys.items() if key != "data.n_train"}
        groups.setdefault(_title(rest, [key for key in rest if key != "data.name"]), []).append(block.summary)
    return {title: pd.concat(summaries) for title, summaries in groups.items() if len(summaries) > 1}


def of_block(table: pd.DataFrame, row: Mapping[Any, Any], keys: Iterable[str]) -> pd.DataFrame:
    """The rows of a table whose keys are those of `row`; a missing value is equal to another."""
    if table.empty:
        return table
    same = pd.Series(True, index=table.index)
    for key in keys:
        same &= table[key].isna() if pd.isna(row[key]) else table[key] == row[key]
    return table[same]


def _in_order(summary: pd.DataFrame) -> pd.DataFrame:
    """By role, arm and ratio, with the baseline, which every arm has, once."""
    baseline = summary["role"] == "baseline"
    rows = pd.concat([summary[baseline].head(1).assign(arm="real points alone"), summary[~baseline]])
    return _by_role(rows, "mix.ratio")


def _by_role(rows: pd.DataFrame, ratio: str) -> pd.DataFrame:
    if rows.empty:
        return rows
    rank = {role: place for place, role in enumerate(ROLES)}
    return rows.sort_values(
        ["role", "arm", ratio], key=lambda column: column.map(rank) if column.name == "role" else column
    )


def _title(row: Mapping[Any, Any], told: Sequence[str]) -> str:
    """Clusterer and representation, and what else tells blocks apart."""
    parts = [f"{row['clusterer.name']} on {row['representation.name']}"]
    if "data.name" in told:
        parts.append(str(row["data.name"]))
    if "data.n_train" in told:
        parts.append(f"n = {general(row['data.n_train'])}")
    return ", ".join(parts + [f"{key} = {row[key]}" for key in told if key not in NAMED])
