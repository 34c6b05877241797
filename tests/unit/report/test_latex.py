"""The summary as LaTeX: its structure, where no LaTeX is there to compile it, both baselines and pooled rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from synthmix.analysis.analysis import Analysis, analyse
from synthmix.analysis.result import StudyResult
from synthmix.report.latex import summary_tex

Make = Callable[..., tuple[StudyResult, Analysis]]
EFFECTS = {("kmeans", arm): both for arm, both in {"gan": (0.1, -0.1), "duplicate": (0, 0), "real": (0.1, 0.2)}.items()}
SETS = ("digits", "pen_digits", "usps")


def tuned(make: Make) -> Analysis:
    """As configured everything but ratio 0 has .1 more over it, copies too."""
    cells = make(EFFECTS)[0].cells
    lower = cells["mix.ratio"] == 0
    return make(EFFECTS, configured=cells.assign(**{"cluster/ari": cells["cluster/ari"] - 0.1 * lower}))[1]


def several(make: Make) -> Analysis:
    """The same on three data sets, under a name with a sign of LaTeX."""
    result, _ = make(EFFECTS)
    tables: dict[str, Any] = {
        part: pd.concat([getattr(result, part).assign(**{"data.name": name}) for name in SETS], ignore_index=True)
        for part in ("cells", "curve", "runs")
    }
    return analyse(replace(result, **tables))


def rows_of(tex: str) -> list[list[str]]:
    """The cells of each row of each table, those that span columns left out; fails where a row has a cell too many."""
    tables = re.findall(r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}(.*?)\\end\{tabular\}", tex, re.DOTALL)
    assert len(tables) == tex.count(r"\begin{tabular}")
    found = []
    for columns, body in tables:
        lines = [line for line in body.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
        rows = [re.split(r"(?<!\\)&", line.removesuffix(r"\\")) for line in lines]
        assert {len(row) for row in rows} == {len(columns)}
        found += [[cell.strip() for cell in row] for row in rows]
    return found


@pytest.mark.parametrize("kind", [tuned, several])
def test_every_row_has_as_many_cells_as_columns_and_everything_is_closed(
    kind: Callable[[Make], Analysis], make: Make
) -> None:
    tex = summary_tex(kind(make))
    assert rows_of(tex)
    for name in ("table", "tabular"):
        assert tex.count(f"\\begin{{{name}}}") == tex.count(f"\\end{{{name}}}")
    plain = re.sub(r"\\[{}]", "", tex)
    assert plain.count("{") == plain.count("}")
    assert set(re.findall(r"\\(\w*rule)\b", tex)) == {"toprule", "midrule", "bottomrule"}
    labels = re.findall(r"\\label\{(.*?)\}", tex)
    assert len(labels) == len(set(labels)) == tex.count(r"\begin{table}")


def test_both_baselines_of_a_tuned_learner(make: Make) -> None:
    tex = summary_tex(tuned(make))
    (copies,) = [row for row in rows_of(tex) if row[0].startswith("duplicate") and row[1] == "1"]
    assert copies[-1] == "+0.100"
    assert "tuned without labels" in tex
    assert "as configured these have 0.435, to which tuning adds +0.100" in tex


def test_the_verdicts_over_data_sets_come_first(make: Make) -> None:
    analysis = several(make)
    tex = summary_tex(analysis)
    pooled, first = tex.index("tab:synthmix-pooled"), tex.index("tab:synthmix-1")
    assert pooled < first
    assert r"digits, pen\_digits and usps" in tex[:first]
    gan = rows_of(tex)[1]
    row = analysis.pooled.iloc[0]
    assert gan[:3] == ["gan", "1", r"\textbf{+0.100}"]
    assert gan[4] == f"{{[}}+{row['prediction_low']:.3f}, +{row['prediction_high']:.3f}]"
    assert gan[5] == f"{row['gain']:.2f}"
    assert gan[-1] == "helps"


def test_one_data_set_has_no_pooled_table(make: Make) -> None:
    assert "pooled" not in summary_tex(make(EFFECTS)[1])
