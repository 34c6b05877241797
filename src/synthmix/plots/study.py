"""Curves of a study: how a score depends on the ratio of synthetic to real points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.notation import general, number, signed
from synthmix.plots.arms import Style, is_significant, styles
from synthmix.plots.palette import INK
from synthmix.plots.panels import Label, Picture, fit_beside, grid, label_ends, legend_below, name_axes

RATIO = "synthetic points for each real one"
DIFFERENCE = ("difference", "difference_low", "difference_high")
SCORE = ("mean", "low", "high")


def difference_curves(panels: Mapping[str, pd.DataFrame], score: str) -> Picture:
    """Paired difference of a score to ratio 0 at each ratio, with its 95 % interval: zero is no effect.

    Args:
        panels: rows of `Analysis.summary`, by the title of their panel.
        score: name of the primary score.
    """
    return Picture(
        name="differences",
        title=f"What synthetic points change: paired difference in {score}",
        figure=_curves(panels, DIFFERENCE, f"difference in {score} to ratio 0"),
        alt=f"Paired difference in {score} to ratio 0. {_extremes(panels, 'difference')}",
        caption=f"Each line is an arm: the mean, over paired seeds, of its {score} minus that of the real points "
        "alone. Bands and bars are 95 % intervals of that difference, each by itself. Filled marks of a generator are "
        "significant after adjustment for all tests of the study. Controls have no colour: a gain that the placebo "
        "(dashed) has too is no gain, and the oracle (dotted, stars) shows what as many real points do. "
        "Each panel has a scale of its own.",
    )


def ratio_curves(panels: Mapping[str, pd.DataFrame], score: str) -> Picture:
    """Mean of a score over seeds at each ratio, with its 95 % interval, beside that of the real points alone.

    Args:
        panels: rows of `Analysis.summary`, by the title of their panel.
        score: name of the primary score.
    """
    return Picture(
        name="ratio_curves",
        title=f"The score itself: mean {score} at each ratio",
        figure=_curves(panels, SCORE, score),
        alt=f"Mean {score} over seeds at each ratio. {_extremes(panels, 'mean')}",
        caption="Means over seeds with 95 % intervals; the grey band is that of the real points alone (ratio 0). Seeds "
        "differ in their data, which widens these bands, not those of the paired differences: bands that overlap here "
        "do not mean that nothing has changed.",
    )


def _curves(panels: Mapping[str, pd.DataFrame], columns: tuple[str, str, str], y: str) -> Figure:
    looks = styles(pd.concat(panels.values()))
    ratios = sorted({ratio for rows in panels.values() for ratio in rows["mix.ratio"]} | {0.0})
    places = dict(zip(ratios, _places(ratios), strict=True))
    figure, all_axes = grid(list(panels))
    beside = fit_beside([look.name for look in looks.values()])
    for axes, rows in zip(all_axes, panels.values(), strict=True):
        start = _draw_baseline(axes, rows, columns)
        arms = {arm: rows[(rows["arm"] == arm) & (rows["mix.ratio"] > 0)] for arm in looks}
        ends = [_draw_arm(axes, start, arms[arm], columns, look, places) for arm, look in looks.items()]
        axes.set_xticks(list(places.values()), [general(ratio) for ratio in places])
        axes.set_xlim(-0.1, max(places.values()) + 0.15)
        if beside:
            label_ends(axes, [end for end in ends if end is not None])
    name_axes(all_axes, RATIO, y)
    if not beside:
        legend_below(figure, looks.values())
    return figure


def _places(ratios: Sequence[float]) -> list[float]:
    """Where ratios stand: those above 0 by their logarithm, 0 one mean step before the first."""
    above = np.log2([ratio for ratio in ratios if ratio > 0])
    if len(above) == 0:
        return [0.0]
    step = (above[-1] - above[0]) / (len(above) - 1) if len(above) > 1 else 1.0
    return [0.0, *((above - above[0]) / step + 1).tolist()]


def _draw_baseline(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str, str]) -> list[float]:
    """Real points alone: a line at their mean and its interval, or at no difference; returns where all lines start."""
    if columns == DIFFERENCE:
        axes.axhline(0, color=INK, linewidth=1.0, zorder=1)
        return [0.0, 0.0, 0.0]
    baseline = rows[rows["role"] == "baseline"].head(1)
    if len(baseline) == 0:
        return [np.nan, np.nan, np.nan]
    mean, low, high = (float(baseline[column].iloc[0]) for column in columns)
    axes.axhspan(low, high, color="0.5", alpha=0.13, linewidth=0, zorder=0)
    axes.axhline(mean, color=INK, linewidth=1.0, zorder=1)
    return [mean, low, high]


def _draw_arm(
    axes: Axes,
    start: Sequence[float],
    rows: pd.DataFrame,
    columns: tuple[str, str, str],
    look: Style,
    places: Mapping[float, float],
) -> Label | None:
    """A line from ratio 0 on, with its band (generators) or bars (controls); returns where it ends."""
    rows = rows.dropna(subset=[columns[0]]).sort_values("mix.ratio")
    if len(rows) == 0:
        return None
    x = np.array([0.0, *(places[ratio] + look.shift for ratio in rows["mix.ratio"])])
    middle, low, high = np.column_stack([start, rows[list(columns)].to_numpy(dtype=float).T])
    order = 4 if look.is_generator else 2
    axes.plot(x, middle, color=look.colour, linestyle=look.line, linewidth=look.width, zorder=order)
    if look.is_generator:
        axes.fill_between(x, low, high, color=look.colour, alpha=0.16, linewidth=0, zorder=order - 1)
    else:
        axes.vlines(x[1:], low[1:], high[1:], color=look.colour, linewidth=0.6, zorder=order)
    for place, height, row in zip(x[1:], middle[1:], rows.to_dict("records"), strict=True):
        filled = is_significant(row) or not look.is_generator
        axes.plot(place, height, **look.mark(filled=filled), zorder=order + 1)
    return Label(x[-1], middle[-1], look.name, look.colour)


def _extremes(panels: Mapping[str, pd.DataFrame], column: str) -> str:
    """Lowest and highest value of the generators and of the placebo, with the place of each."""
    rows = pd.concat([rows.assign(panel=title) for title, rows in panels.items()], ignore_index=True)
    rows = rows[(rows["mix.ratio"] > 0) & rows[column].notna()]
    write = signed if column == "difference" else number
    texts = []
    for role in ("generator", "placebo", "oracle"):
        of_role = rows[rows["role"] == role]
        if len(of_role):
            low, high = of_role.loc[[of_role[column].idxmin()]], of_role.loc[[of_role[column].idxmax()]]
            ends = [
                f"{write(row[column])} ({row['arm']} at ratio {general(row['mix.ratio'])}, {row['panel']})"
                for row in pd.concat([low, high]).drop_duplicates().to_dict("records")
            ]
            texts.append(f"{role.capitalize()}: from {' to '.join(ends)}.")
    return " ".join(texts)
