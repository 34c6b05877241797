"""The tables of a report as a page shows them: cells of text with the number behind each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult, key_columns
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.statistics import ALPHA
from synthmix.analysis.words.answer import LABELS
from synthmix.notation import (
    attainable_p,
    exchange,
    general,
    interval,
    interval_of,
    lead,
    number,
    p_value,
    spread,
    with_interval,
)

DIFFERENCE = "difference [95\N{NO-BREAK SPACE}%]"
ICONS = {
    "helps": "▲",
    "as_tuning": "△",
    "as_copies": "△",
    "as_noise": "△",
    "harms": "▼",
    "equivalent": "≈",
    "undecided": "○",
}


@dataclass(frozen=True)
class Bar:
    """An interval drawn to scale: places between 0 and 1 of its ends, its middle and zero."""

    low: float
    middle: float
    high: float
    zero: float


@dataclass(frozen=True)
class TableCell:
    """A table cell: its text, and the number to sort by, if any."""

    text: str
    value: float | None = None
    bar: Bar | None = None
    hint: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """A row: its cells, the setting that it is of, and how it is marked (a role, `gain`, `harm`)."""

    cells: Sequence[TableCell]
    setting: str = ""
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class ReportTable:
    """Column heads, those of columns of numbers, and the lines."""

    heads: Sequence[str]
    numeric: frozenset[str]
    lines: Sequence[Line]

    @property
    def settings(self) -> list[str]:
        """The settings of its lines, in their order."""
        return list(dict.fromkeys(line.setting for line in self.lines))


def summary_table(analysis: Analysis) -> ReportTable:
    """A line for each setting, arm and ratio; the baseline, which the arms of a setting share, once."""
    score = analysis.score.rpartition("/")[2]
    heads = [
        "setting",
        "arm",
        "ratio",
        "verdict",
        DIFFERENCE,
        "interval",
        "beyond copies [95\N{NO-BREAK SPACE}%]",
        "adjusted p",
        f"mean {score} ±\N{NO-BREAK SPACE}sd",
        "seeds",
        "as configured [95\N{NO-BREAK SPACE}%]",
    ]
    heads += ["exchange rate [95\N{NO-BREAK SPACE}%]", analysis.distance]
    found = settings(analysis)
    rows = [row for row in analysis.summary.to_dict("records") if row["mix.ratio"] > 0]
    ends = [end for row in rows for end in interval_of(row) if math.isfinite(end)]
    scale = min([0.0, *ends]), max([0.0, *ends])
    lines = [_summary_line(setting, row, scale) for setting in found for row in setting.summary.to_dict("records")]
    table = ReportTable(heads, frozenset({*heads[2:]} - {"verdict"}), lines)
    for head in ("setting", "seeds", "beyond copies [95\N{NO-BREAK SPACE}%]", "as configured [95\N{NO-BREAK SPACE}%]"):
        table = _without_constant(table, head)
    return table


def _summary_line(setting: Setting, row: dict[Any, Any], scale: tuple[float, float]) -> Line:
    marks = [row["role"], *([row["verdict"]] if row["verdict"] else [])]
    effect = with_interval(row["difference"], *interval_of(row))
    configured = with_interval(row["configured"], row["configured_low"], row["configured_high"])
    p = attainable_p(row["p_adjusted"], setting.family["smallest_p"], ALPHA)
    cells = [
        TableCell(setting.title),
        _alarmed(row),
        _numeric(row["mix.ratio"], general(row["mix.ratio"])),
        TableCell(LABELS[row["verdict"]] if row["verdict"] else "", mark=ICONS.get(row["verdict"], "")),
        _numeric(row["difference"], effect, _population(row)),
        TableCell("", _value(row["difference"]), _bar(row, scale)),
        _numeric(row["lead"], lead(row), row["placebo"]),
        _numeric(row["p_adjusted"], p, _other_p(row)),
        _numeric(row["mean"], spread(row["mean"], row["sd"])),
        _numeric(row["seeds"], general(row["seeds"])),
        _numeric(row["configured"], configured, _share(row)),
        _numeric(row["exchange"], exchange(row), str(row["exchange_reason"] or "")),
        _numeric(row["fd"], general(row["fd"])),
    ]
    return Line(cells, setting.title, marks)


def best_table(analysis: Analysis) -> ReportTable:
    """The ratio that val chooses for each setting and arm, and what it gives on test."""
    heads = ["setting", "arm", "chosen ratio", "agreement", "chosen by", "on val", "seeds", "mean on test", DIFFERENCE]
    lines = []
    for setting in settings(analysis):
        for row in setting.best.to_dict("records"):
            effect = with_interval(row["difference"], row["difference_low"], row["difference_high"])
            cells = [
                TableCell(setting.title),
                _arm(row),
                _numeric(row["ratio"], general(row["ratio"])),
                _numeric(row["agreement"], f"{row['agreement']:.0%}"),
                TableCell(f"{row['chosen_by']} (supervised)" if row["supervised"] else row["chosen_by"]),
                _numeric(row["val"], number(row["val"])),
                _numeric(row["seeds"], general(row["seeds"])),
                _numeric(row["mean"], number(row["mean"])),
                _numeric(row["difference"], effect or "none: ratio 0"),
            ]
            lines.append(Line(cells, setting.title, [row["role"]]))
    return _without_constant(ReportTable(heads, frozenset([*heads[2:4], *heads[5:]]), lines), "setting")


def labels_table(analysis: Analysis) -> ReportTable:
    """Real points alone as configured, tuned without labels, and with the candidate that labels would pick."""
    heads = ["setting", "score", "seeds", "as configured", "tuned without labels", "chosen most often"]
    heads += ["best by labels (supervised)", "which is"]
    lines = []
    for setting in settings(analysis):
        row = setting.by_labels
        if row is not None:
            cells = [
                TableCell(setting.title),
                TableCell(row["by"].rpartition("/")[2]),
                _numeric(row["seeds"], general(row["seeds"])),
                *(_numeric(row[name], spread(row[name], row[f"{name}_sd"])) for name in ("configured", "tuned")),
                TableCell(f"{row['chosen']} ({row['chosen_seeds']} of {row['seeds']} seeds)"),
                _numeric(row["best"], spread(row["best"], row["best_sd"])),
                TableCell(row["best_settings"]),
            ]
            lines.append(Line(cells, setting.title))
    return ReportTable(heads, frozenset([*heads[2:5], heads[6]]), lines)


def family_table(analysis: Analysis) -> ReportTable:
    """The tests of each setting, what these seeds can attain, and the least effect that they find."""
    heads = ["setting", "tests", "seeds", "smallest p", "margin", "sd of differences", "found with a power of .8"]
    written = {
        "tests": general,
        "seeds": general,
        "smallest_p": p_value,
        "margin": number,
        "sd": number,
        "detectable": number,
    }
    lines = [
        Line(
            [
                TableCell(setting.title),
                *(_numeric(setting.family[key], write(setting.family[key])) for key, write in written.items()),
            ],
            marks=["few"] if setting.family["smallest_p"] > ALPHA else [],
        )
        for setting in settings(analysis)
    ]
    return ReportTable(heads, frozenset(heads[1:]), lines)


def stage_table(result: StudyResult) -> ReportTable:
    """How often each stage was computed and how often reused, and from how many runs."""
    heads = ["stage", "computed", "reused", "from runs"]
    lines = []
    for column in [name for name in map(str, result.runs) if name.startswith("stage/")]:
        sources = result.runs[column].dropna()
        reused = sources[sources != "computed"]
        counts = (len(sources) - len(reused), len(reused), reused.nunique())
        lines.append(
            Line([TableCell(column.removeprefix("stage/")), *(TableCell(str(count), count) for count in counts)])
        )
    return ReportTable(heads, frozenset(heads[1:]), lines)


def run_table(result: StudyResult) -> ReportTable:
    """The run of each cell, the run that computed it, and where its stages are from."""
    keys = [key for key in key_columns(result.cells) if key in result.runs and result.runs[key].nunique() > 1]
    shown = [name for name in map(str, result.runs) if name in ("run_id", "computed_by") or name.startswith("stage/")]
    lines = [
        Line([*(_plain(row[key]) for key in keys), *(_run(row[name]) for name in shown)])
        for row in result.runs.to_dict("records")
    ]
    numbers = [key for key in keys if pd.api.types.is_numeric_dtype(result.runs[key])]
    return ReportTable([*keys, *(name.removeprefix("stage/") for name in shown)], frozenset(numbers), lines)


def failure_table(result: StudyResult) -> ReportTable:
    """What has no result, and why."""
    return ReportTable(
        ["cell", "error"],
        frozenset(),
        [Line([TableCell(failure.cell), TableCell(failure.error)]) for failure in result.failures],
    )


def _arm(row: dict[Any, Any]) -> TableCell:
    """Its name, and its role where that is a control's."""
    return TableCell(row["arm"] if row["role"] in ("baseline", "generator") else f"{row['arm']} ({row['role']})")


def _alarmed(row: dict[Any, Any]) -> TableCell:
    """The arm, marked where a generator under test raises alarms; those of controls are expected."""
    alarms = row["alarms"] if row["role"] == "generator" else ""
    return replace(_arm(row), hint=f"alarm: {alarms}", mark="⚠") if alarms else _arm(row)


def _bar(row: dict[Any, Any], scale: tuple[float, float]) -> Bar | None:
    low, width = scale[0], scale[1] - scale[0]
    least, most = interval_of(row)
    ends = (least, row["difference"], most, 0.0)
    return None if not all(map(math.isfinite, ends)) or not width > 0 else Bar(*((end - low) / width for end in ends))


def _other_p(row: dict[Any, Any]) -> str:
    """The p of a row by itself and within its setting, beside that of the whole study."""
    if pd.isna(row["p"]):
        return ""
    within = "" if pd.isna(row["p_setting"]) else f"; {p_value(row['p_setting'])} adjusted within this setting alone"
    return f"{p_value(row['p'])} by itself{within}"


def _population(row: dict[Any, Any]) -> str:
    ends = interval(row["population_low"], row["population_high"])
    return f"of the population, by itself: {ends}" if ends else ""


def _share(row: dict[Any, Any]) -> str:
    return "" if pd.isna(row["tuned_share"]) else f"tuning alone brings {row['tuned_share']:.0%} of it"


def _numeric(value: float, text: str, hint: str = "", mark: str = "") -> TableCell:
    return TableCell(text, _value(value), None, hint, mark)


def _value(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _plain(value: Any) -> TableCell:
    return TableCell("" if pd.isna(value) else general(value) if isinstance(value, float) else str(value))


def _run(value: Any) -> TableCell:
    """A run id by its first eight letters."""
    text = "" if pd.isna(value) else str(value)
    return TableCell(text if text == "computed" else text[:8], hint=text if len(text) > 8 else "")


def _without_constant(table: ReportTable, head: str) -> ReportTable:
    """Drops a column with one value."""
    place = list(table.heads).index(head)
    if len({line.cells[place].text for line in table.lines}) > 1:
        return table
    lines = [Line([*line.cells[:place], *line.cells[place + 1 :]], line.setting, line.marks) for line in table.lines]
    return ReportTable([*table.heads[:place], *table.heads[place + 1 :]], table.numeric, lines)
