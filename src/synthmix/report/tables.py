"""The tables of a report as a page shows them: cells of text with the number behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA
from synthmix.notation import exchange, general, number, p_value, spread, with_interval

DIFFERENCE = "difference [95\N{NO-BREAK SPACE}%]"


@dataclass(frozen=True)
class Bar:
    """An interval drawn to scale: places between 0 and 1 of its ends, its middle and zero."""

    low: float
    middle: float
    high: float
    zero: float


@dataclass(frozen=True)
class Cell:
    """A table cell: its text, and the number to sort by, if any."""

    text: str
    value: float | None = None
    bar: Bar | None = None
    hint: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """A row: its cells, the setting that it is of, and how it is marked (a role, `gain`, `harm`)."""

    cells: Sequence[Cell]
    setting: str = ""
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """Column heads, those of columns of numbers, and the lines."""

    heads: Sequence[str]
    numeric: frozenset[str]
    lines: Sequence[Line]

    @property
    def settings(self) -> list[str]:
        """The settings of its lines, in their order."""
        return list(dict.fromkeys(line.setting for line in self.lines))


def summary_table(analysis: Analysis) -> Table:
    """A line for each setting, arm and ratio; the baseline, which the arms of a setting share, once."""
    score = analysis.score.rpartition("/")[2]
    heads = [
        "setting",
        "arm",
        "ratio",
        "seeds",
        f"mean {score} ±\N{NO-BREAK SPACE}sd",
        DIFFERENCE,
        "interval",
        "adjusted p",
    ]
    heads += ["exchange rate [95\N{NO-BREAK SPACE}%]", "fd"]
    found = settings(analysis)
    ends = analysis.summary.loc[analysis.summary["mix.ratio"] > 0, ["difference_low", "difference_high"]]
    scale = min(0.0, ends.min().min()), max(0.0, ends.max().max())
    sign = analysis.sign
    lines = [
        _summary_line(setting, row, scale, sign) for setting in found for row in setting.summary.to_dict("records")
    ]
    return _without_constant(Table(heads, frozenset(heads[2:]), lines), "setting")


def _summary_line(setting: Setting, row: dict[Any, Any], scale: tuple[float, float], sign: int) -> Line:
    significant = row["p_holm"] < ALPHA
    marks = [row["role"], *(["gain" if sign * row["difference"] > 0 else "harm"] if significant else [])]
    arrow = {"gain": "▲", "harm": "▼"}.get(marks[-1], "")
    effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
    cells = [
        Cell(setting.title),
        _alarmed(row),
        _numeric(row["mix.ratio"], general(row["mix.ratio"])),
        _numeric(row["seeds"], general(row["seeds"])),
        _numeric(row["mean"], spread(row["mean"], row["sd"])),
        _numeric(row["difference"], effect),
        Cell("", _value(row["difference"]), _bar(row, scale)),
        _numeric(row["p_holm"], p_value(row["p_holm"]), _unadjusted(row), arrow),
        _numeric(row["exchange"], exchange(row), str(row["exchange_reason"] or "")),
        _numeric(row["fd"], general(row["fd"])),
    ]
    return Line(cells, setting.title, marks)


def best_table(analysis: Analysis) -> Table:
    """The ratio that val chooses for each setting and arm, and what it gives on test."""
    heads = ["setting", "arm", "chosen ratio", "agreement", "chosen by", "on val", "seeds", "mean on test", DIFFERENCE]
    lines = []
    for setting in settings(analysis):
        for row in setting.best.to_dict("records"):
            effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
            cells = [
                Cell(setting.title),
                _arm(row),
                _numeric(row["ratio"], general(row["ratio"])),
                _numeric(row["agreement"], f"{row['agreement']:.0%}"),
                Cell(f"{row['chosen_by']} (supervised)" if row["supervised"] else row["chosen_by"]),
                _numeric(row["val"], number(row["val"])),
                _numeric(row["seeds"], general(row["seeds"])),
                _numeric(row["mean"], number(row["mean"])),
                _numeric(row["difference"], effect or "none: ratio 0"),
            ]
            lines.append(Line(cells, setting.title, [row["role"]]))
    return _without_constant(Table(heads, frozenset([*heads[2:4], *heads[5:]]), lines), "setting")


def family_table(analysis: Analysis) -> Table:
    """The family of tests of Holm's correction, and the smallest p that it can attain."""
    heads = ["setting", "tests", "seeds", "smallest adjusted p", "seeds needed for .05"]
    keys = ("tests", "seeds", "smallest_p", "seeds_needed")
    lines = [
        Line(
            [
                Cell(setting.title),
                *(
                    _numeric(setting.family[key], (p_value if key == "smallest_p" else general)(setting.family[key]))
                    for key in keys
                ),
            ],
            marks=["few"] if setting.family["smallest_p"] > ALPHA else [],
        )
        for setting in settings(analysis)
    ]
    return Table(heads, frozenset(heads[1:]), lines)


def stage_table(result: StudyResult) -> Table:
    """How often each stage was computed and how often reused, and from how many runs."""
    heads = ["stage", "computed", "reused", "from runs"]
    lines = []
    for column in [name for name in map(str, result.runs) if name.startswith("stage/")]:
        sources = result.runs[column].dropna()
        reused = sources[sources != "computed"]
        counts = (len(sources) - len(reused), len(reused), reused.nunique())
        lines.append(Line([Cell(column.removeprefix("stage/")), *(Cell(str(count), count) for count in counts)]))
    return Table(heads, frozenset(heads[1:]), lines)


def run_table(result: StudyResult) -> Table:
    """The run of each cell, the run that computed it, and where its stages are from."""
    keys = [key for key in key_columns(result.cells) if key in result.runs and result.runs[key].nunique() > 1]
    shown = [name for name in map(str, result.runs) if name in ("run_id", "computed_by") or name.startswith("stage/")]
    lines = [
        Line([*(_plain(row[key]) for key in keys), *(_run(row[name]) for name in shown)])
        for row in result.runs.to_dict("records")
    ]
    numbers = [key for key in keys if pd.api.types.is_numeric_dtype(result.runs[key])]
    return Table([*keys, *(name.removeprefix("stage/") for name in shown)], frozenset(numbers), lines)


def failure_table(result: StudyResult) -> Table:
    """What has no result, and why."""
    return Table(
        ["cell", "error"], frozenset(), [Line([Cell(failure.cell), Cell(failure.error)]) for failure in result.failures]
    )


def _arm(row: dict[Any, Any]) -> Cell:
    """Its name, and its role where that is a control's."""
    return Cell(row["arm"] if row["role"] in ("baseline", "generator") else f"{row['arm']} ({row['role']})")


def _alarmed(row: dict[Any, Any]) -> Cell:
    """The arm, marked where a generator under test raises alarms; those of controls are expected."""
    alarms = row["alarms"] if row["role"] == "generator" else ""
    return replace(_arm(row), hint=f"alarm: {alarms}", mark="⚠") if alarms else _arm(row)


def _bar(row: dict[Any, Any], scale: tuple[float, float]) -> Bar | None:
    low, width = scale[0], scale[1] - scale[0]
    ends = (row["difference_low"], row["difference"], row["difference_high"], 0.0)
    return None if any(pd.isna(end) for end in ends) or not width > 0 else Bar(*((end - low) / width for end in ends))


def _unadjusted(row: dict[Any, Any]) -> str:
    return "" if pd.isna(row["p"]) else f"p {p_value(row['p'])} before Holm's correction"


def _numeric(value: float, text: str, hint: str = "", mark: str = "") -> Cell:
    return Cell(text, _value(value), None, hint, mark)


def _value(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _plain(value: Any) -> Cell:
    return Cell("" if pd.isna(value) else general(value) if isinstance(value, float) else str(value))


def _run(value: Any) -> Cell:
    """A run id by its first eight letters."""
    text = "" if pd.isna(value) else str(value)
    return Cell(text if text == "computed" else text[:8], hint=text if len(text) > 8 else "")


def _without_constant(table: Table, head: str) -> Table:
    """Drops a column with one value."""
    place = list(table.heads).index(head)
    if len({line.cells[place].text for line in table.lines}) > 1:
        return table
    lines = [Line([*line.cells[:place], *line.cells[place + 1 :]], line.setting, line.marks) for line in table.lines]
    return Table([*table.heads[:place], *table.heads[place + 1 :]], table.numeric, lines)
