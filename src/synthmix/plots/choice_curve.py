"""Why a number was chosen: a criterion against the numbers that were tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from synthmix.notation import general
from synthmix.plots.palette import INK, colours
from synthmix.plots.panels import FONT_SIZE, grid

HEIGHT = 3.0  # inches
STAR: dict[str, Any] = {"marker": "*", "markersize": 13, "markerfacecolor": "white", "markeredgecolor": INK}


def choice_curve(table: Sequence[Mapping[str, Any]], chosen: int, criterion: str) -> Figure:
    """A criterion over the number of clusters, with its standard error where it has one, and a star on the choice.

    Args:
        table: a row for each number, with `k`, `value` (NaN where there is none) and `error` (or None).
        chosen: the number that was chosen.
        criterion: its name.
    """
    figure, (axes,) = grid([f"{criterion}: {chosen} clusters"], most_columns=1, height=HEIGHT)
    numbers, values = [row["k"] for row in table], [row["value"] for row in table]
    errors = [row["error"] or 0.0 for row in table] if any(row["error"] for row in table) else None
    colour = colours(1, greys=False)[0]
    axes.errorbar(numbers, values, yerr=errors, color=colour, marker="o", markersize=4.5, linewidth=1.6, capsize=2)
    axes.plot(chosen, values[numbers.index(chosen)], linestyle="", zorder=4, **STAR)
    axes.set_xlabel("clusters", color=INK, fontsize=FONT_SIZE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: general(value))
    return figure
