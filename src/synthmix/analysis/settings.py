"""The tables of an analysis by setting, each with its title and its rows in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.setting_cells import Keys, rows_of, setting_title

ROLES = ("baseline", "generator", "placebo", "control", "oracle")  # the order in which rows stand
BASELINE = "real points alone"


@dataclass(frozen=True)
class Setting:
    """What is equal but for arm, ratio and seed, with its rows in the tables of an analysis.

    Attributes:
        title: what distinguishes it from the other settings of the study.
        keys: its keys and their values.
        summary: of `Analysis`, by role, arm and ratio; ratio 0, which all arms share, once.
        curve: of `Analysis`.
        best: of `Analysis`, by role and arm.
        by_labels: its row of `Analysis.by_labels`; None where it has none.
        family: its row of `Analysis.family`.
    """

    title: str
    keys: Keys
    summary: pd.DataFrame
    curve: pd.DataFrame
    best: pd.DataFrame
    by_labels: Mapping[Any, Any] | None
    family: Mapping[Any, Any]


def settings(analysis: Analysis) -> list[Setting]:
    """Every setting of a study, in the order of `Analysis.family`."""
    keys = [column for column in map(str, analysis.family) if "." in column]
    varying = [key for key in keys if analysis.family[key].nunique(dropna=False) > 1]
    found = []
    for row in analysis.family.to_dict("records"):
        own: Keys = {key: row[key] for key in keys}
        summary, curve, best = (rows_of(table, own) for table in (analysis.summary, analysis.curve, analysis.best))
        baseline = summary["role"] == "baseline"
        once = pd.concat([summary[baseline].head(1).assign(arm=BASELINE), summary[~baseline]])
        labelled = next(iter(rows_of(analysis.by_labels, own).to_dict("records")), None)
        ordered = _by_role(once, "mix.ratio"), curve, _by_role(best, "ratio"), labelled
        title = setting_title(own, varying, analysis.learner, of_learner=analysis.judges_learner)
        found.append(Setting(title, own, *ordered, row))
    return found


def by_size(found: Sequence[Setting], analysis: Analysis) -> dict[str, pd.DataFrame]:
    """The summaries of settings that differ in their number of real points alone, concatenated, by common title."""
    varying = [key for key in found[0].keys if len({str(setting.keys[key]) for setting in found}) > 1]
    groups: dict[str, list[pd.DataFrame]] = {}
    for setting in found:
        but_n = [str(key) for key in varying if key != "data.n_train"]
        title = setting_title(setting.keys, but_n, analysis.learner, of_learner=analysis.judges_learner)
        groups.setdefault(title, []).append(setting.summary)
    return {title: pd.concat(summaries, ignore_index=True) for title, summaries in groups.items() if len(summaries) > 1}


def _by_role(rows: pd.DataFrame, ratio: str) -> pd.DataFrame:
    rank = {role: place for place, role in enumerate(ROLES)}
    return rows.sort_values(
        ["role", "arm", ratio], key=lambda column: column.map(rank) if column.name == "role" else column
    )
