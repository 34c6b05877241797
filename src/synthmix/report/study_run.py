"""A study in the tracker: verdict, headline numbers, report, and a run for each arm."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import Arm, SettingCells, cells_by_setting, rows_of
from synthmix.analysis.words.answer import answers, headline
from synthmix.notation import interval_of
from synthmix.plots.arms import styles
from synthmix.plots.palette import colours
from synthmix.study.answers import Judged
from synthmix.study.record import Record
from synthmix.study.study_record import study_head
from synthmix.tracking.base import STUDY, DataUsed, RunRecord

STATES = ("finished", "unavailable", "failed", "missing")
LONGEST_NOTE = 7000  # characters of settings; MLflow cuts a description at 8,000
PER_RATIO = 1000  # steps are whole numbers, ratios are not


def study_record(
    record: Record, result: StudyResult, analysis: Analysis, environment: str, files: Sequence[Path], folder: Path
) -> RunRecord:
    """A study with what it has found.

    Args:
        record: what it was asked for.
        result: its cells.
        analysis: of them.
        environment: the text about the environment in which it was asked for.
        files: of its report.
        folder: in which these lie.
    """
    counts = result.cells["status"].value_counts()
    return replace(
        study_head(record),
        metrics={f"study/{state}": float(counts.get(state, 0)) for state in STATES} | dict(_headline_numbers(analysis)),
        texts={"config.yaml": result.config, "environment.txt": environment},
        files={str(Path("report") / file.relative_to(folder)): partial(shutil.copyfile, file) for file in files},
        data=[DataUsed(digest=digest, **data) for digest, data in record.data.items()],
        note=described(analysis),
        failed=bool(record.failures),
    )


def arm_records(
    result: StudyResult, analysis: Analysis, people: Mapping[str, Judged] = MappingProxyType({})
) -> list[RunRecord]:
    """A run for each arm of each setting, whose metrics have the ratio as their step, its baseline first.

    Args:
        result: the study.
        analysis: of it.
        people: by arm, what people have answered in the blind test.
    """
    found = cells_by_setting(result)
    drawn = [(setting, arm) for setting in found for arm in setting.arms if arm.ratios]
    hues = _colours(analysis)
    return [
        replace(
            _arm_record(result, analysis, setting, arm, several=len(found) > 1),
            colour=hues[arm.name],
            metrics=dict(_human(people.get(arm.name))),
        )
        for setting, arm in drawn
    ]


def _human(judged: Judged | None) -> Iterator[tuple[str, float]]:
    """The share of people's answers that are wrong, with its interval."""
    if judged is not None:
        yield "quality/human_error_rate", judged.rate
        yield from zip(("quality/human_error_rate_low", "quality/human_error_rate_high"), judged.interval, strict=True)
        yield "quality/human_answers", float(judged.given)


def _colours(analysis: Analysis) -> dict[str, str]:
    """A colour for each arm: generators, which come first, have those of the report's figures."""
    arms = styles(analysis.summary)
    return dict(zip(arms, colours(len(arms), greys=False), strict=True))


def _arm_record(
    result: StudyResult, analysis: Analysis, setting: SettingCells, arm: Arm, *, several: bool
) -> RunRecord:
    rows = rows_of(analysis.summary, {**setting.keys, "arm": arm.name}).sort_values("mix.ratio")
    keys = {**setting.keys, **arm.keys}
    return RunRecord(
        kind="arm",
        name=f"{arm.name}, {setting.title}" if several else arm.name,
        params={**keys, "arm": arm.name, "role": arm.role, "setting": setting.title},
        tags={STUDY: result.name, "synthmix.arm": arm.name, "synthmix.role": arm.role},
        curves={name: curve for name, curve in _curves(setting, arm, rows, analysis.score) if curve},
    )


def _curves(
    setting: SettingCells, arm: Arm, rows: pd.DataFrame, score: str
) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """The primary score with its interval, what one point is worth, and the means of the other scores, by ratio."""
    columns = {score: "mean", f"{score}_low": "low", f"{score}_high": "high", "exchange/rate": "exchange"}
    for name, column in columns.items():
        yield name, _points(zip(rows["mix.ratio"], rows[column], strict=True))
    group = score.partition("/")[0]
    cells = {0.0: setting.real, **{ratio: arm.at(ratio) for ratio in arm.ratios}}
    others = sorted(name for name in map(str, setting.real) if name.startswith(f"{group}/") and name != score)
    for name in others:
        yield name, _points((ratio, table[name].mean()) for ratio, table in cells.items() if name in table)


def _points(curve: Any) -> list[tuple[int, float]]:
    return [(round(ratio * PER_RATIO), float(value)) for ratio, value in curve if not pd.isna(value)]


def _headline_numbers(analysis: Analysis) -> Iterator[tuple[str, float]]:
    yield from _of_settings(analysis)
    yield from _over_data_sets(analysis)


def _over_data_sets(analysis: Analysis) -> Iterator[tuple[str, float]]:
    """Of each generator and ratio the mean effect over data sets, and what is expected on a new one."""
    told = ("mean", "simultaneous_low", "simultaneous_high", "p_adjusted", "prediction_low", "prediction_high", "gain")
    for one, row in zip(analysis.over, analysis.pooled.to_dict("records"), strict=True):
        group = [analysis.groups[one.judged.setting]] if len(analysis.groups) > 1 else []
        name = _named(" ".join([*group, one.judged.arm, f"r={one.judged.ratio:g}"]))
        yield from ((f"over_data_sets/{name}/{key}", float(row[key])) for key in told if math.isfinite(row[key]))


def _named(text: str) -> str:
    """As MLflow admits it in the name of a metric."""
    return re.sub(r"[^\w.:\- ]", "_", text)


def _of_settings(analysis: Analysis) -> Iterator[tuple[str, float]]:
    """Of each generator the ratio with the best difference to real points alone, in each setting, and what it is."""
    rows = analysis.summary[(analysis.summary["role"] == "generator") & analysis.summary["difference"].notna()]
    keys = [column for column in map(str, analysis.family) if "." in column]
    varied = [key for key in keys if analysis.family[key].nunique(dropna=False) > 1]
    for values, of_arm in rows.groupby([*varied, "arm"], dropna=False):
        best = max(of_arm.to_dict("records"), key=lambda row: analysis.sign * float(row["difference"]))
        name = _named(" ".join(map(str, reversed(values))))
        numbers = {
            "best_ratio": best["mix.ratio"],
            "best_difference": best["difference"],
            "best_difference_low": interval_of(best)[0],
            "best_difference_high": interval_of(best)[1],
            "adjusted_p": best["p_adjusted"],
            "exchange_rate": best["exchange"],
        }
        yield from ((f"{name}/{key}", float(value)) for key, value in numbers.items() if math.isfinite(value))


def described(analysis: Analysis) -> str:
    """The headline, and what is said of each setting, as far as a tracker's description holds that."""
    first, last = f"**{headline(analysis)}**", "The whole report is the artifact `report/index.html`."
    paragraphs = []
    for answer in answers(analysis):
        lines = [f"- {line.arm}, ratio {line.ratio}: {line.label}, {line.effect}" for line in answer.lines]
        paragraphs.append("\n".join([answer.title, "", *lines, *(f"- {sentence}" for sentence in answer.sentences)]))
    while sum(map(len, paragraphs)) > LONGEST_NOTE:
        paragraphs.pop()
    return "\n\n".join([first, *paragraphs, last])
