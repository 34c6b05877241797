"""The files of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib import rc_context

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.report.figures import figures
from synthmix.report.latex import summary_tex
from synthmix.report.page import page
from synthmix.report.samples import Samples, sheet
from synthmix.study.answers import Judged

DPI = 150
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a cell begins that a spreadsheet calculates
FORMATS = ("png", "pdf", "svg")  # of figures
UNDATED = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}  # so that equal figures are equal files


def write_report(
    result: StudyResult,
    analysis: Analysis,
    folder: Path,
    formats: Sequence[str] = FORMATS[:1],
    samples: Sequence[Samples] = (),
    people: Mapping[str, Judged] = MappingProxyType({}),
) -> list[Path]:
    """Writes tables, figures and page, and returns their paths.

    `cells.csv` holds no time and no run id, and each number in the fewest digits that give it back, so that equal
    studies give equal files; `cells.parquet` is the same table. `configured_cells.csv` and `candidates.csv` are there
    where something was tuned, `pooled.csv` where there are verdicts over several data sets.

    Args:
        result: a study.
        analysis: of it.
        folder: where to; made where it does not exist.
        formats: of the figures, of `FORMATS`.
        samples: of its generators, where they can be shown.
        people: by arm, what people have answered in the blind test.
    """
    cells = with_sorted_metrics(result.shown_cells)
    tables = {
        "cells.csv": cells,
        "runs.csv": result.shown_runs,
        "learning_curve.csv": analysis.curve,
        "curve_cells.csv": with_sorted_metrics(result.curve),
        "summary.csv": analysis.summary,
    }
    if len(result.configured):
        tables["configured_cells.csv"] = with_sorted_metrics(result.configured)
    if len(result.candidates):
        tables["candidates.csv"] = result.candidates
    if len(analysis.pooled):
        tables["pooled.csv"] = analysis.pooled
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        as_data(table).to_csv(folder / name, index=False, lineterminator="\n")
    one_type_a_column(cells).to_parquet(folder / "cells.parquet", index=False)
    (folder / "summary.tex").write_text(summary_tex(analysis), encoding="utf-8")
    pictures = [*figures(analysis), *([sheet(samples)] if samples else [])]
    drawn = []
    for picture in pictures:
        for kind in formats:
            drawn.append(folder / "figures" / f"{picture.name}.{kind}")
            with rc_context({"svg.hashsalt": picture.name}):
                picture.figure.savefig(drawn[-1], dpi=DPI, metadata=UNDATED[kind])
    (folder / "index.html").write_text(page(result, analysis, pictures, samples, people), encoding="utf-8")
    written = [*tables, "cells.parquet", "summary.tex", "index.html"]
    return [*(folder / name for name in written), *drawn]


def with_sorted_metrics(cells: pd.DataFrame) -> pd.DataFrame:
    """The keys as they stand, the status, and the metrics by name, whichever cell was computed first."""
    keys = key_columns(cells)
    return cells[[*keys, "status", *sorted(set(map(str, cells)) - {*keys, "status"})]]


def as_data(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a ' before texts that a spreadsheet would calculate, such as the name =HYPERLINK(…).

    A text that is a number is left as it is: -1 is -1 to a spreadsheet too.
    """
    texts = [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]
    safe = table.assign(**{str(column): table[column].map(as_cell, na_action="ignore") for column in texts})
    return safe.rename(columns=as_cell)


def as_cell(cell: Any) -> Any:
    """A value as a csv table has it, see `as_data`."""
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA) and not _is_number(cell)
    return f"'{cell}" if is_formula else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def one_type_a_column(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of mixed types as texts, since a column of a parquet file has one type."""
    kinds = {column: pd.api.types.infer_dtype(table[column], skipna=True) for column in map(str, table)}
    mixed = [column for column, kind in kinds.items() if kind.startswith("mixed")]
    return table.assign(**{column: table[column].map(str, na_action="ignore") for column in mixed})
