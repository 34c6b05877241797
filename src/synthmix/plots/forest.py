"""Effects against the margin: a line for each arm and ratio, and both baselines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from synthmix.notation import general, number, signed, with_interval
from synthmix.plots.palette import INK, SEQUENCE, for_letters
from synthmix.plots.panels import FONT_SIZE, WIDTH, Picture, grid, shortened

LINE, REST = 0.21, 0.95  # inches: of a line, and of a panel's title and axis
GAP = 0.45  # lines between two arms
MOST_LETTERS = 34  # of an arm's name
MARGIN = "0.87"
CONFIGURED = (0, (4, 2))  # dashes
FAR = 1.0  # ranges of the intervals beyond which the baseline as configured would squeeze them


@dataclass(frozen=True)
class _Look:
    colour: str
    marker: str
    filled: bool

    def mark(self) -> dict[str, Any]:
        return {
            "color": self.colour,
            "marker": self.marker,
            "markersize": 6.5,
            "markerfacecolor": self.colour if self.filled else "white",
            "markeredgecolor": self.colour,
        }


# By how a verdict begins; the longest that fits. Marks differ as well as colours.
LOOKS = {
    "helps": _Look(SEQUENCE[0], "^", True),
    "helps as": _Look(SEQUENCE[4], "D", False),
    "harms": _Look(SEQUENCE[2], "v", True),
    "equivalent": _Look(SEQUENCE[8], "s", True),
    "undecided": _Look(INK, "o", False),
    "": _Look("0.6", "|", False),
}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The effects of one setting.

    Attributes:
        title: of the setting.
        lines: in the order of display, with columns `arm`, `mix.ratio`, `difference` to the baseline at zero,
            `difference_low` and `difference_high` (ends of its simultaneous interval; NaN where there is none) and
            `verdict` in words, empty for arms that have none, such as controls.
        margin: the smallest difference that matters, above 0, in units of the score.
        as_configured: what the learner at its configured settings differs by from the tuned one, on real points alone;
            None where nothing is tuned, and the baseline at zero is the learner as configured.
    """

    title: str
    lines: pd.DataFrame
    margin: float
    as_configured: float | None = None


def forest(panels: Sequence[Panel], score: str, *, higher_is_better: bool = True) -> Picture:
    """Each arm's effect at each ratio with its interval, beside the margin around zero and both baselines.

    Args:
        panels: one for each setting, at least one.
        score: name of the primary score.
        higher_is_better: the direction of the score.
    """
    most = max(_places(panel)[-1] for panel in panels) + 1
    figure, all_axes = grid([panel.title for panel in panels], most_columns=1, height=LINE * most + REST)
    figure.set_figwidth(WIDTH)
    marks = {mark for axes, panel in zip(all_axes, panels, strict=True) for mark in _draw(axes, panel, most)}
    tuned = any(panel.as_configured is not None for panel in panels)
    better = "higher" if higher_is_better else "lower"
    to = "the tuned baseline" if tuned else "ratio 0"
    all_axes[-1].set_xlabel(f"difference in {score} to {to} ({better} is better)", color=INK, fontsize=FONT_SIZE)
    _legend(figure, panels, tuned, marks)
    return Picture(
        name="forest",
        title=f"Effect against margin: paired difference in {score}",
        figure=figure,
        alt=_alt(panels, score),
        caption=f"Each line is an arm at a ratio: the mean paired difference in {score} to {to}, with its simultaneous "
        f"interval; {better} is better. The shaded margin holds the differences that were declared too small to matter "
        "before the run: an interval within it is equivalent, one that reaches into it from outside leaves open "
        "whether the difference matters. "
        + (
            "The dashed line (an arrow where it lies off the scale) is the learner as configured, on real points "
            "alone: an arm that is only ahead of it does what tuning without labels does too. "
            if tuned
            else ""
        )
        + "Each panel has a scale of its own.",
    )


def _places(panel: Panel) -> list[float]:
    """How far down each line stands, with a gap between arms; the last one is the baseline as configured, if any."""
    groups = [*panel.lines["arm"], *([] if panel.as_configured is None else [None])]
    places: list[float] = []
    for position, arm in enumerate(groups):
        step = 1.0 + GAP * (arm != groups[position - 1])
        places.append(places[-1] + step if places else 0.0)
    return places or [0.0]


def _draw(axes: Axes, panel: Panel, most: float) -> Iterator[str]:
    """Draws a panel; yields the marker of the learner as configured where there is one, empty of a line."""
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="0.92")
    axes.axvspan(-panel.margin, panel.margin, color=MARGIN, linewidth=0, zorder=0)
    axes.axvline(0, color=INK, linewidth=1.0, zorder=1)
    places = _places(panel)
    names, short = [], shortened(panel.lines["arm"], MOST_LETTERS)
    for place, row in zip(places, panel.lines.to_dict("records"), strict=False):
        look = _look(row["verdict"])
        low, middle, high = (row[key] for key in ("difference_low", "difference", "difference_high"))
        axes.hlines(place, low, high, color=look.colour, linewidth=1.6, zorder=3)
        axes.plot(middle, place, linestyle="", zorder=4, **look.mark())
        _write(axes, place, f"{with_interval(middle, low, high)}  {row['verdict']}".rstrip(), look.colour)
        names.append(f"{short[row['arm']]}, ratio {general(row['mix.ratio'])}")
    axes.margins(x=0.06)
    if panel.as_configured is not None:
        yield _draw_configured(axes, places[-1], panel.as_configured)
        names.append("as configured, ratio 0")
    axes.set_yticks(places[: len(names)], names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(most - 0.4, -0.7)


def _draw_configured(axes: Axes, place: float, value: float) -> str:
    """A dashed line, or an arrow where it would lie so far off that the intervals could not be seen beside it.

    Returns the marker of the arrow; empty of a line.
    """
    low, high = axes.get_xlim()
    text = signed(value)
    if low - FAR * (high - low) <= value <= high + FAR * (high - low):
        axes.axvline(value, color=INK, linewidth=1.2, linestyle=CONFIGURED, zorder=1)
        mark = ""
    else:
        at_left = value < low
        mark = "<" if at_left else ">"
        axes.set_xlim(low, high)
        axes.plot(low if at_left else high, place, color=INK, marker=mark, clip_on=False, zorder=4)
        text += "  off the scale"
    _write(axes, place, text, INK)
    return mark


def _write(axes: Axes, place: float, text: str, colour: str) -> None:
    """The numbers of a line, to the right of the panel."""
    where = axes.get_yaxis_transform()
    axes.text(1.02, place, text, transform=where, va="center", fontsize=FONT_SIZE, color=for_letters(colour))


def _look(verdict: str) -> _Look:
    return LOOKS[max((begins for begins in LOOKS if verdict.startswith(begins)), key=len)]


def _legend(figure: Figure, panels: Sequence[Panel], tuned: bool, marks: Collection[str]) -> None:
    verdicts = {verdict for panel in panels for verdict in panel.lines["verdict"]}
    begun = [begins for begins in LOOKS if any(_look(verdict) == LOOKS[begins] for verdict in verdicts)]
    names = {"helps as": "helps as copies, noise or tuning do", "": "no verdict: a control"}
    margins = sorted({panel.margin for panel in panels})
    widths = f"±{general(margins[0])}" + (f" to ±{general(margins[-1])}" if len(margins) > 1 else "")
    handles: list[Any] = [
        Patch(color=MARGIN, label=f"margin {widths}"),
        Line2D([], [], color=INK, linewidth=1.0, label="real points alone" + (", tuned" if tuned else "")),
    ]
    for mark in sorted(marks):
        label = "real points alone, as configured" + (" (off the scale)" if mark else "")
        look: dict[str, Any] = {"linestyle": "", "marker": mark} if mark else {"linestyle": CONFIGURED}
        handles.append(Line2D([], [], color=INK, linewidth=1.2, label=label, **look))
    handles += [
        Line2D([], [], linewidth=1.6, label=names.get(begins, begins), **LOOKS[begins].mark()) for begins in begun
    ]
    columns = 3
    figure.set_figheight(figure.get_figheight() + 0.2 * -(-len(handles) // columns) + 0.1)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=FONT_SIZE)


def _alt(panels: Sequence[Panel], score: str) -> str:
    sentences = [f"Paired differences in {score} with intervals, against the margin."]
    for panel in panels:
        told = [
            f"{row['arm']} at ratio {general(row['mix.ratio'])} "
            f"{with_interval(row['difference'], row['difference_low'], row['difference_high'])} ({row['verdict']})"
            for row in panel.lines.to_dict("records")
            if row["verdict"]
        ]
        configured = "" if panel.as_configured is None else f", as configured {signed(panel.as_configured)}"
        sentences.append(f"{panel.title} (margin ±{number(panel.margin)}{configured}): {'; '.join(told)}.")
    return " ".join(sentences)
