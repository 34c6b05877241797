"""What a synthetic point is worth: a study's arms on the learning curve of real points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from synthmix.notation import exchange, general, number
from synthmix.plots.arms import ORACLE, Style, styles
from synthmix.plots.palette import INK
from synthmix.plots.panels import Label, Picture, grid, label_ends, name_axes, shortened

LONGEST_NAME = 24  # letters
TICK_FACTOR = 1.4  # from one numbered size to the next, at the least
TICK_SHARE = 0.14  # of the width of a panel, that a number of four digits takes
LABEL_HEIGHT = 0.35  # inches, of two lines


def learning_curves(panels: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], score: str) -> Picture:
    """Score against the number of real points, its monotone fit, and the synthetic arms at their n.

    Args:
        panels: rows of `Analysis.summary` and of `Analysis.curve`, by the title of their panel.
        score: name of the primary score.
    """
    looks = styles(pd.concat(summary for summary, _ in panels.values()))
    short = shortened((look.name for look in looks.values()), LONGEST_NAME)
    most_labels = max(len(_placed(summary)) for summary, _ in panels.values())
    figure, all_axes = grid(list(panels), height=max(3.6, LABEL_HEIGHT * most_labels + 0.9))
    for axes, (summary, curve) in zip(all_axes, panels.values(), strict=True):
        _draw_curve(axes, curve)
        n = int(summary["data.n_train"].iloc[0])
        axes.axvline(n, color="0.75", linewidth=0.8, zorder=0)
        placed = _placed(summary)
        labels = [_place(axes, row, looks[row["arm"]], short[looks[row["arm"]].name], n) for row in placed]
        label_ends(axes, labels, lines=2)
        axes.set_xscale("log")
        axes.set_xticks(sizes := _ticks(n, curve["n"].tolist()), [general(size) for size in sizes])
        axes.minorticks_off()
    name_axes(all_axes, "real points to learn from", score)
    return Picture(
        name="learning_curve",
        title="What a synthetic point is worth in real points",
        figure=figure,
        alt=_alt(panels, score),
        caption="Circles are real points alone, stars the oracle's larger sets, with 95 % intervals; the thick "
        "line is their monotone fit, and a curve that departs far from it gives no rate. Each arm stands at the "
        "study's n (vertical line) with the score of its largest ratio; its horizontal line runs to the number of real "
        "points that reach that score (dotted: they lie off the curve). Beside it the exchange rate with its 95 % "
        "interval: what one synthetic point is worth in real ones. 1 is as good as real, 0 worth nothing, below 0 "
        "harmful.",
    )


def _draw_curve(axes: Axes, curve: pd.DataFrame) -> None:
    curve = curve.sort_values("n")
    axes.plot(curve["n"], curve["fitted"], color="0.45", linewidth=2, zorder=2)
    axes.vlines(curve["n"], curve["low"], curve["high"], color="0.45", linewidth=0.8, zorder=2)
    for source, mark, size in (("real only", "o", 5), ("oracle", ORACLE, 8)):
        points = curve[curve["source"] == source]
        axes.plot(points["n"], points["mean"], mark, color=INK, markersize=size, zorder=3)


def _placed(summary: pd.DataFrame) -> list[dict[Any, Any]]:
    """The row of the largest ratio of each generator and of the placebo."""
    rows = summary[summary["role"].isin(["generator", "placebo"]) & summary["mean"].notna()]
    last = rows.sort_values("mix.ratio").drop_duplicates("arm", keep="last")
    return last.sort_values("arm").to_dict("records")


def _place(axes: Axes, row: dict[Any, Any], look: Style, name: str, n: int) -> Label:
    """Draws an arm at n, with a line to the curve, or off it where the score lies beyond."""
    worth = _real_points(row, n)
    if worth is not None:
        bounded = row["exchange_status"] != "identified"
        axes.plot([n, worth], [row["mean"]] * 2, color=look.colour, linewidth=1.4, linestyle=":" if bounded else "-")
        end = (">" if worth > n else "<") if bounded else "|"
        axes.plot(worth, row["mean"], end, color=look.colour, markersize=7 if end == "|" else 5, zorder=5)
    axes.plot(n, row["mean"], **look.mark(), zorder=6)
    text = f"{name} ×{general(row['mix.ratio'])}\n{exchange(row)}"
    return Label(n if worth is None else max(n, worth), row["mean"], text, look.colour)


def _real_points(row: dict[Any, Any], n: int) -> float | None:
    """How many real points reach the score of a row; a bound where it lies off the curve."""
    if row["exchange_status"] == "not identified" or pd.isna(row["exchange"]):
        return None
    return float(n * (1 + row["exchange"] * row["mix.ratio"]))


def _ticks(n: int, sizes: list[int]) -> list[int]:
    """n, and sizes so far apart that their numbers do not cover one another."""
    ticks = [n]
    apart = max(TICK_FACTOR, (max(n, *sizes) / min(n, *sizes)) ** TICK_SHARE)
    for size in sorted(set(sizes), reverse=True):
        if all(max(size, tick) >= apart * min(size, tick) for tick in ticks):
            ticks.append(size)
    return ticks


def _alt(panels: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], score: str) -> str:
    texts = []
    rates: list[tuple[float, str]] = []
    for title, (summary, curve) in panels.items():
        first, last = curve.sort_values("n").iloc[[0, -1]].to_dict("records")
        course = " to ".join(f"{number(end['mean'])} with {general(end['n'])}" for end in (first, last))
        texts.append(f"{title}: {score} of real points alone goes from {course}.")
        placed = [row for row in _placed(summary) if row["exchange_status"] == "identified"]
        rates += [(row["exchange"], f"{exchange(row)} ({row['arm']}, {title})") for row in placed]
    ends = " to ".join(text for _, text in sorted(rates)[:: max(1, len(rates) - 1)])
    return " ".join([*texts, f"Exchange rates, where identified: from {ends}." if ends else "No rate is identified."])
