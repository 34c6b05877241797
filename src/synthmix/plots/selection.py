"""Why a mixture was chosen: its criteria against the number of components."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.generators.model_selection import CRITERIA, Candidate, Selection
from synthmix.notation import general
from synthmix.plots.palette import INK, colours, for_letters
from synthmix.plots.panels import FONT_SIZE, grid, name_axes

TITLES = {
    "aic": "AIC (lower is better)",
    "bic": "BIC (lower is better)",
    "cv_log_likelihood": "k-fold log-likelihood (higher is better)",
}
MARKERS = "oD^v"
HEIGHT = 3.0  # inches


def selection_curves(selection: Selection) -> Figure:
    """AIC, BIC and k-fold likelihood of all candidates, a line for each shape of a component.

    AIC and BIC are divided by twice the number of points, so that all panels are in nats a point. In each panel the
    candidate that its criterion prefers is circled; the panel of the criterion that chose is framed by its title.

    Args:
        selection: at least one candidate.
    """
    shapes = list(dict.fromkeys(candidate.shape for candidate in selection.candidates))
    looks = dict(zip(shapes, zip(colours(len(shapes), greys=False), MARKERS, strict=False), strict=True))
    titles = [TITLES[name] + (" — chosen by" if name == selection.select_by else "") for name in CRITERIA]
    figure, panels = grid(titles, most_columns=3, height=HEIGHT)
    for axes, criterion in zip(panels, CRITERIA, strict=True):
        for shape, (colour, marker) in looks.items():
            of_shape = [candidate for candidate in selection.candidates if candidate.shape == shape]
            places = [candidate.n_components for candidate in of_shape]
            values = [getattr(candidate, criterion) for candidate in of_shape]
            axes.plot(places, values, color=colour, marker=marker, markersize=4.5, linewidth=1.6, zorder=3)
        best = selection.best(criterion)
        _mark(axes, best, getattr(best, criterion), looks[best.shape][0])
        _number_components(axes, sorted({candidate.n_components for candidate in selection.candidates}))
        axes.yaxis.set_major_formatter(lambda value, _: general(value))
    name_axes(panels, "components", "")
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, label=shape)
        for shape, (colour, marker) in looks.items()
    ]
    figure.set_figheight(figure.get_figheight() + 0.3)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=FONT_SIZE)
    return figure


def _mark(axes: Axes, best: Candidate, value: float, colour: str) -> None:
    """Circles a candidate and writes its number of components and its shape above it or, at the top, below."""
    axes.plot(best.n_components, value, "o", markersize=13, markerfacecolor="none", markeredgecolor=INK, zorder=4)
    low, high = axes.get_ylim()
    below = value > (low + high) / 2
    axes.annotate(
        f"{best.n_components} {best.shape}",
        (best.n_components, value),
        xytext=(0, -11 if below else 11),
        textcoords="offset points",
        ha="center",
        va="top" if below else "bottom",
        color=for_letters(colour),
        fontsize=FONT_SIZE,
        fontweight="bold",
    )


def _number_components(axes: Axes, numbers: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(list(numbers), [str(number) for number in numbers])
    axes.minorticks_off()
