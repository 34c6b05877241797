"""Why a mixture was chosen: its criteria against the number of components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.generators.selection import CRITERIA, Criterion, Selection
from synthmix.notation import general
from synthmix.plots.palette import INK, colours
from synthmix.plots.panels import FONT_SIZE, grid

NAMES = {"aic": "AIC", "bic": "BIC", "cv_log_likelihood": "k-fold likelihood"}
BETTER = {
    "aic": "lower is better",
    "bic": "lower is better",
    "cv_log_likelihood": "nats a point, higher is better",
}
MARKERS = "oD^v"
HEIGHT = 3.0  # inches
TICK_FACTOR = 1.4  # from one numbered size to the next, so that their numbers do not cover one another
RING: dict[str, Any] = {"marker": "o", "markersize": 13, "markerfacecolor": "none", "markeredgecolor": INK}
STAR: dict[str, Any] = {"marker": "*", "markersize": 11, "markerfacecolor": "white", "markeredgecolor": INK}


def selection_curves(selection: Selection) -> Figure:
    """AIC, BIC and k-fold likelihood (nats a point) of all candidates, a line for each shape of a component.

    In each panel a ring is around the candidate that its criterion prefers, and the title names it; a star is on the
    one that was chosen.

    Args:
        selection: at least one candidate.
    """
    chosen = selection.best()
    shapes = list(dict.fromkeys(candidate.shape for candidate in selection.candidates))
    colour_of = dict(zip(shapes, colours(len(shapes), greys=False), strict=True))
    marker_of = dict(zip(shapes, cycle(MARKERS), strict=False))
    figure, panels = grid([_title(selection, name) for name in CRITERIA], most_columns=3, height=HEIGHT)
    for axes, criterion in zip(panels, CRITERIA, strict=True):
        for shape in shapes:
            line = [candidate for candidate in selection.candidates if candidate.shape == shape]
            numbers, values = [one.n_components for one in line], [getattr(one, criterion) for one in line]
            axes.plot(numbers, values, color=colour_of[shape], marker=marker_of[shape], markersize=4.5, linewidth=1.6)
        best = selection.best(criterion)
        axes.plot(best.n_components, getattr(best, criterion), linestyle="", zorder=4, **RING)
        axes.plot(chosen.n_components, getattr(chosen, criterion), linestyle="", zorder=5, **STAR)
        _number_components(axes, [candidate.n_components for candidate in selection.candidates])
        axes.set_ylabel(BETTER[criterion], color=INK, fontsize=FONT_SIZE)
        axes.set_xlabel("components", color=INK, fontsize=FONT_SIZE)
        axes.yaxis.set_major_formatter(lambda value, _: general(value))
    handles = [
        *(Line2D([], [], color=colour_of[s], marker=marker_of[s], markersize=4.5, label=s) for s in shapes),
        Line2D([], [], linestyle="", label="best by this criterion", **RING | {"markersize": 9}),
        Line2D([], [], linestyle="", label="chosen", **STAR),
    ]
    figure.set_figheight(figure.get_figheight() + 0.3)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=FONT_SIZE)
    return figure


def _title(selection: Selection, criterion: Criterion) -> str:
    best = selection.best(criterion)
    return f"{NAMES[criterion]}: {best.n_components} {best.shape}"


def _number_components(axes: Axes, numbers: Sequence[int]) -> None:
    axes.set_xscale("log")
    ticks = list(_far_apart(sorted(set(numbers))))
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()


def _far_apart(numbers: Sequence[int]) -> Iterator[int]:
    last = 0.0
    for number in numbers:
        if number >= TICK_FACTOR * last:
            yield number
            last = number
