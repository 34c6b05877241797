"""The table that a study ends with in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.settings import Setting, settings
from synthmix.notation import exchange, general, p_value, spread, with_interval

WIDTH = 100
COLUMNS = (
    ("ratio", 6),
    ("seeds", 5),
    ("mean ± sd", 14),
    ("difference [95 %]", 24),
    ("p Holm", 6),
    ("exchange rate", 20),
)


def table_text(analysis: Analysis) -> str:
    """A table for each setting, and a line for each warning; no line of the tables is longer than 100 letters."""
    score = analysis.score.rpartition("/")[2]
    lines = [f"{score} on held-out real points; difference: paired with ratio 0; p: sign-flip test, Holm's correction"]
    for setting in settings(analysis):
        lines += ["", setting.title, *_table(setting)]
    if analysis.warnings:
        lines += ["", *(f"warning: {warning}" for warning in analysis.warnings)]
    return "\n".join(lines)


def _table(setting: Setting) -> Iterator[str]:
    width = WIDTH - sum(size + 1 for _, size in COLUMNS) - 2
    arms = setting.summary["arm"].astype(str)
    width = min(width, max(3, arms.str.len().max()))
    yield "  " + " ".join([f"{'arm':<{width}}", *(_aligned(name, name, size) for name, size in COLUMNS)]).rstrip()
    for row in setting.summary.to_dict("records"):
        texts = [_aligned(text, name, size) for text, (name, size) in zip(_texts(row), COLUMNS, strict=True)]
        yield f"  {_cut(str(row['arm']), width):<{width}} {' '.join(texts)}".rstrip()


def _texts(row: dict[Any, Any]) -> list[str]:
    return [
        general(row["mix.ratio"]),
        general(row["seeds"]),
        spread(row["mean"], row["sd"]),
        with_interval(row["difference"], row["difference_low"], row["difference_high"]),
        p_value(row["p_holm"]),
        exchange(row),
    ]


def _aligned(text: str, name: str, size: int) -> str:
    return f"{text:>{size}}" if name in ("ratio", "seeds", "p Holm") else f"{text:<{size}}"


def _cut(text: str, width: int) -> str:
    """Shortens an arm's name in the middle, as its model and values distinguish it."""
    head = width // 3
    return text if len(text) <= width else f"{text[:head]}…{text[head + 1 - width :]}"
