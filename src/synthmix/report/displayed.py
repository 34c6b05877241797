"""What a report shows of an analysis where some cells of a study were selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.facts import facts
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import cells_by_setting


def displayed(analysis: Analysis, result: StudyResult) -> Analysis:
    """The rows and verdicts of the selected cells, with the numbers that the whole study gives them.

    Settings of which no cell was selected are left out, and real points alone stay beside every arm.

    Args:
        analysis: of the whole study.
        result: the study, with what was selected of it.
    """
    if result.shown is None:
        return analysis
    of_setting = [column for column in map(str, analysis.family) if "." in column]
    columns = set(map(str, result.cells))
    of_row = [key for key in map(str, analysis.summary) if key in columns and "." in key]
    summary, cells = analysis.summary, result.shown_cells
    in_setting = _texts(summary, of_setting).isin(_texts(cells, of_setting))
    shown = _texts(summary, of_row).isin(_texts(cells, of_row)) | ((summary["mix.ratio"] == 0) & in_setting)
    kept = _texts(analysis.family, of_setting).isin(_texts(cells, of_setting))
    places = {old: new for new, old in enumerate(kept.index[kept])}
    arms = set(zip(_texts(summary, of_setting)[shown], summary["arm"][shown], summary["mix.ratio"][shown], strict=True))
    settings = list(_texts(analysis.family, of_setting))
    verdicts = [
        replace(one, setting=places[one.setting])
        for one in analysis.verdicts
        if one.setting in places and (settings[one.setting], one.arm, one.ratio) in arms
    ]
    titles = [setting.title for setting in cells_by_setting(result)]
    note = (
        f"{len(cells)} of the study's {len(result.cells)} cells were selected, and cells.csv has these alone. Means, "
        "verdicts, intervals, p and learning curves of their arms and ratios are those of all seeds of the study."
    )
    return replace(
        analysis,
        summary=summary[shown].reset_index(drop=True),
        curve=_of(analysis.curve, cells, of_setting),
        best=_of(analysis.best, cells, of_setting),
        by_labels=_of(analysis.by_labels, cells, of_setting),
        family=analysis.family[kept].reset_index(drop=True),
        verdicts=verdicts,
        facts=[note, *_facts(result, of_setting)],
        warnings=list(_warnings(analysis.warnings, titles, [titles[old] for old in places])),
    )


def _facts(result: StudyResult, of_setting: list[str]) -> list[str]:
    """Those of the settings that are shown, over all their seeds."""
    in_shown = _texts(result.cells, of_setting).isin(_texts(result.shown_cells, of_setting))
    cells = result.cells[in_shown]
    learners = result.k_from_labels & set(cells[f"{result.learner}.name"].astype(str))
    shown = replace(result, cells=cells, k_from_labels=learners)
    return facts(shown, cells_by_setting(shown))


def _warnings(lines: Sequence[str], titles: Sequence[str], shown: Sequence[str]) -> Iterator[str]:
    """Without those of settings that are not shown, which begin with their titles."""
    for line in lines:
        head, _, text = line.partition(": ")
        named = head.split("; ")
        if not set(named) <= set(titles):
            yield line
        elif kept := [title for title in named if title in shown]:
            yield f"{'; '.join(kept)}: {text}"


def _texts(table: pd.DataFrame, keys: list[str]) -> pd.Series[str]:
    """The values of these columns as one text a row, so that missing ones are equal."""
    parts = [table[key].map(lambda value: "" if pd.isna(value) else str(value)) for key in keys]
    return pd.Series(["\n".join(values) for values in zip(*parts, strict=True)], index=table.index, dtype=object)


def _of(table: pd.DataFrame, cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return table[_texts(table, keys).isin(_texts(cells, keys))].reset_index(drop=True)
