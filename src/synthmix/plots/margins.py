"""What each column of a table holds: real and synthetic points in the units and levels of the file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from synthmix.data.columns import Cells
from synthmix.plots.palette import INK, REAL, SYNTHETIC
from synthmix.plots.panels import FONT_SIZE, grid
from synthmix.quality.columns import distance

MOST_COLUMNS = 24  # of a table that are shown
MOST_LEVELS = 12  # of a column: the commonest ones
BINS = 30
LONGEST = 10  # letters of a level below its bars


def margins(real: Sequence[Cells], synthetic: Sequence[Cells], others: Sequence[Cells]) -> Figure:
    """A panel for each of the first columns: histograms of numbers, shares of levels.

    Its title has the distance of the two (`distance`), and in brackets that of other real points from the real ones.

    Args:
        real: the columns of the points that the generator was fitted on.
        synthetic: of its own.
        others: of real points that it has not seen.
    """
    shown = [*zip(real, synthetic, others, strict=True)][:MOST_COLUMNS]
    titles = []
    for one, made, other in shown:
        kind = "TV" if one.n_levels else "KS"
        titles.append(f"{one.column.name}: {kind} {distance(one, made):.2f} (real {distance(one, other):.2f})")
    figure, panels = grid(titles, most_columns=4, height=2.0)
    for axes, (one, made, _) in zip(panels, shown, strict=True):
        (_levels if one.n_levels else _numbers)(axes, one, made)
        axes.set_yticks([])
        axes.set_title(axes.get_title(loc="left"), loc="left", fontsize=FONT_SIZE, color=INK)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=FONT_SIZE)
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a dollar sign in a name is what it is
    return figure


def _numbers(axes: Axes, real: Cells, made: Cells) -> None:
    """Both in the middle 99 % of the real values, and a little beyond."""
    low, high = np.quantile(real.values, [0.005, 0.995])
    margin = 0.1 * (high - low) or 0.5
    edges = np.linspace(low - margin, high + margin, BINS + 1)
    for cells, name, colour in ((real, "real", REAL), (made, "synthetic", SYNTHETIC)):
        weights = np.full(len(cells.values), 1 / len(cells.values))
        values = cells.values.clip(edges[0], edges[-1])
        axes.hist(values, bins=list(edges), weights=weights, histtype="stepfilled", color=colour, alpha=0.3)
        axes.hist(values, bins=list(edges), weights=weights, histtype="step", color=colour, label=name)
    if real.column.kind == "date":
        ticks = [low, 0.5 * (low + high), high]
        axes.set_xticks(ticks, [str(np.datetime64(int(tick), "s").astype("datetime64[D]")) for tick in ticks])
        axes.tick_params(labelsize=FONT_SIZE - 3)


def _levels(axes: Axes, real: Cells, made: Cells) -> None:
    """Shares of the commonest real levels, side by side."""
    counts = [np.bincount(cells.values.astype(int), minlength=real.n_levels) for cells in (real, made)]
    order = np.arange(real.n_levels)
    if real.column.kind == "categorical":
        order = np.argsort(-counts[0], kind="stable")
    shown = order[:MOST_LEVELS]
    for part, (name, colour) in enumerate((("real", REAL), ("synthetic", SYNTHETIC))):
        shares = counts[part][shown] / counts[part].sum()
        axes.bar(np.arange(len(shown)) + 0.4 * (part - 0.5), shares, width=0.4, color=colour, label=name)
    names = [_short(real.column.levels[level]) for level in shown]
    axes.set_xticks(range(len(shown)), names, rotation=30 if len(shown) > 3 else 0, fontsize=FONT_SIZE - 2)


def _short(level: str) -> str:
    return level if len(level) <= LONGEST else f"{level[: LONGEST - 1]}…"
