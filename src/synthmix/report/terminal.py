"""The table that a study ends with in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import pandas as pd

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.settings import Setting, settings
from synthmix.analysis.words.answer import CAVEAT, LABELS, headline, pooled_answers
from synthmix.analysis.words.next_step import next_steps
from synthmix.notation import (
    cut_after_model,
    exchange,
    general,
    interval_of,
    lead,
    number,
    signed,
    spread,
    with_interval,
    with_short_keys,
)

WIDTH = 130
COLUMNS = (
    ("ratio", 5),
    ("mean ± sd", 13),
    ("difference [95 %]", 23),
    ("beyond copies [95 %]", 23),
    ("verdict", 20),
    ("exchange rate", 20),
)


def table_text(analysis: Analysis) -> str:
    """What holds over data sets, a table for each setting, the headline, and a line for each fact and warning.

    No line of the tables is longer than 130 letters.
    """
    score = analysis.score.rpartition("/")[2]
    better = ", the lower the better" if analysis.sign < 0 else ""
    unit = f" ({analysis.unit})" if analysis.unit else ""
    lines = [f"{score}{unit} on held-out real points{better}; differences: to real points alone, paired by seed"]
    others = "those of controls and of exchange rates each by itself"
    lines += [f"intervals of generators hold for a whole column of the study at once, {others}"]
    for title, over in pooled_answers(analysis).items():
        lines += ["", f"over data sets: {title}"]
        for line in over:
            lines += [f"  {line.arm}, ratio {line.ratio}: {line.label}, {line.effect}", f"    {line.prediction}"]
    lines += [CAVEAT] if any(math.isfinite(one.pooled.gain) for one in analysis.over) else []
    for setting in settings(analysis):
        lines += ["", f"{setting.title}{_margin(setting)}", *_table(setting), *_as_configured(setting)]
    lines += ["", headline(analysis)]
    lines += [f"next: {step}" for step in next_steps(analysis)]
    lines += [f"note: {fact}" for fact in analysis.facts]
    if analysis.warnings:
        lines += ["", *(f"warning: {warning}" for warning in analysis.warnings)]
    return "\n".join(lines)


def _table(setting: Setting) -> Iterator[str]:
    rows = [(str(row["arm"]), _texts(row)) for row in setting.summary.to_dict("records")]
    unused = COLUMNS[-1][1] - max(len(COLUMNS[-1][0]), *(len(texts[-1]) for _, texts in rows))
    width = WIDTH - sum(size + 1 for _, size in COLUMNS) - 2 + max(0, unused)
    arms = with_short_keys([arm for arm, _ in rows], width)
    width = min(width, max(3, *map(len, arms)))
    yield "  " + " ".join([f"{'arm':<{width}}", *(_aligned(name, name, size) for name, size in COLUMNS)]).rstrip()
    above = ""
    for arm, (whole, texts) in zip(arms, rows, strict=True):
        aligned = [_aligned(text, name, size) for text, (name, size) in zip(texts, COLUMNS, strict=True)]
        if len(arm) > width and whole != above:  # in a line of its own, once for all its ratios
            yield f"  {cut_after_model(arm, WIDTH - 2)}"
        above = whole
        yield f"  {arm if len(arm) <= width else '':<{width}} {' '.join(aligned)}".rstrip()


def _as_configured(setting: Setting) -> Iterator[str]:
    """What each arm brings the learner as configured, beside what tuning alone brings it."""
    summary = setting.summary
    rows = summary[summary["configured"].notna()] if "configured" in summary else summary.head(0)
    by_arm: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        by_arm.setdefault(str(row["arm"]), []).append(signed(row["configured"]))
    if by_arm:
        arms = "; ".join(f"{arm} {', '.join(effects)}" for arm, effects in by_arm.items())
        text = f"as configured, where tuning alone brings {signed(setting.family['tuning'])}, by ratio: {arms}"
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _margin(setting: Setting) -> str:
    """The seeds, the margin, and what real points alone have with the learner as configured."""
    family = setting.family
    parts = [f"{family['seeds']} seeds"] if family["seeds"] else []
    parts += [] if pd.isna(family["margin"]) else [f"margin {number(family['margin'])}"]
    parts += [] if pd.isna(family["tuning"]) else [f"as configured {number(family['as_configured'])}"]
    return f" ({', '.join(parts)})" if parts else ""


def _texts(row: dict[Any, Any]) -> list[str]:
    return [
        general(row["mix.ratio"]),
        spread(row["mean"], row["sd"]),
        with_interval(row["difference"], *interval_of(row)),
        lead(row),
        LABELS[row["verdict"]] if row["verdict"] else "",
        exchange(row),
    ]


def _aligned(text: str, name: str, size: int) -> str:
    return f"{text:>{size}}" if name == "ratio" else f"{text:<{size}}"
