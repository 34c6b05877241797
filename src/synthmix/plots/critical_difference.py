"""Mean ranks of arms over data sets, and which of them are too close to be told apart (Demšar 2006)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from synthmix.notation import number
from synthmix.plots.palette import INK, SEQUENCE
from synthmix.plots.panels import FONT_SIZE, WIDTH, Picture, shortened

LINE = 0.26  # inches between two names
BAR = 0.42  # lines between two bars
MOST_LETTERS = 36


def critical_difference(
    arms: Sequence[str],
    mean: Sequence[float] | NDArray[np.float64],
    groups: Sequence[tuple[int, int]],
    *,
    critical: float,
    p: float,
    data_sets: int,
) -> Picture:
    """The axis of ranks with a mark for each arm, and a bar over each run of arms within the critical difference.

    Args:
        arms: names, two at least, the best first.
        mean: their mean ranks, ascending from 1 on.
        groups: first and last position of each run of arms whose mean ranks do not differ significantly.
        critical: least difference of two mean ranks that is significant at .05.
        p: of Friedman's test that all arms rank alike.
        data_sets: over how many the ranks are means.
    """
    count = len(arms)
    left = -(-count // 2)
    bars = BAR * len(groups) + 0.5
    figure = Figure(figsize=(WIDTH, LINE * (bars + left + 3)), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(1 - 0.02 * count, count + 0.02 * count)
    axes.set_ylim(bars + left + 0.3, -2.4)
    _axis(axes, count, critical)
    for number_of, (first, last) in enumerate(groups):
        height = 0.5 + BAR * number_of
        ends = mean[first] - 0.012 * count, mean[last] + 0.012 * count
        axes.plot(ends, (height, height), color=SEQUENCE[6], linewidth=4, solid_capstyle="butt", zorder=3)
    short = shortened(arms, MOST_LETTERS)
    for position, (arm, rank) in enumerate(zip(arms, mean, strict=True)):
        at_left = position < left
        height = bars + (position if at_left else count - 1 - position) + 0.3
        side = 1 - 0.02 * count if at_left else count + 0.02 * count
        axes.plot((rank, rank, side), (0, height, height), color=INK, linewidth=1.0, zorder=2)
        axes.annotate(
            f"{short[arm]}  {number(rank, 2)}" if at_left else f"{number(rank, 2)}  {short[arm]}",
            xy=(side, height),
            xytext=(-4 if at_left else 4, 0),
            textcoords="offset points",
            ha="right" if at_left else "left",
            va="center",
            fontsize=FONT_SIZE,
            color=INK,
        )
    return Picture(
        name="critical_difference",
        title=f"Mean rank of each arm over {data_sets} data sets",
        figure=figure,
        alt=_alt(arms, mean, groups, critical, p, data_sets),
        caption="Rank 1 is the best. Arms under one bar are within the critical difference (Nemenyi's test at .05): "
        f"their ranks cannot be told apart. Friedman's test that all arms rank alike: p {_p(p)}. "
        "Few data sets leave nearly all arms under one bar, which does not show that they are alike.",
    )


def _axis(axes: Axes, count: int, critical: float) -> None:
    axes.plot((1, count), (0, 0), color=INK, linewidth=1.2, zorder=2)
    for rank in range(1, count + 1):
        axes.plot((rank, rank), (0, -0.25), color=INK, linewidth=1.0)
        axes.text(rank, -0.4, str(rank), ha="center", va="bottom", fontsize=FONT_SIZE, color=INK)
    if critical < count - 1:
        axes.plot((1, 1, 1, 1 + critical, 1 + critical, 1 + critical), (-1.6, -2.0, -1.8, -1.8, -1.6, -2.0), color=INK)
        place, text = 1 + critical, f"  critical difference {number(critical, 2)}"
    else:
        place, text = 1.0, f"critical difference {number(critical, 2)}: more than the ranks can differ by"
    axes.text(place, -1.8, text, ha="left", va="center", fontsize=FONT_SIZE, color=INK)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {number(p)}"


def _alt(
    arms: Sequence[str],
    mean: Sequence[float] | NDArray[np.float64],
    groups: Sequence[tuple[int, int]],
    critical: float,
    p: float,
    data_sets: int,
) -> str:
    ranks = ", ".join(f"{arm} {number(rank, 2)}" for arm, rank in zip(arms, mean, strict=True))
    told = "; ".join(", ".join(arms[first : last + 1]) for first, last in groups)
    alike = f"Not told apart: {told}." if groups else "All are told apart."
    return (
        f"Mean ranks over {data_sets} data sets: {ranks}. Critical difference {number(critical, 2)}, p {_p(p)}. {alike}"
    )
