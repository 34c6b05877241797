"""Panels side by side, names at the ends of lines, and the legend beneath where names are too long for that."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text
from sklearn.isotonic import isotonic_regression

from synthmix.notation import cut_after_model, with_short_keys
from synthmix.plots.arms import Style
from synthmix.plots.palette import INK, for_letters

WIDTH = 10.0  # inches; a page shows them at 96 pixels each, so that 9 points are 12 pixels high
PANEL_HEIGHT = 3.3
FONT_SIZE = 9
LONGEST_LABEL = 26  # letters of a name beside a panel
MOST_LABELS = 14  # names that find room beside a panel
TITLE_LINE = 0.19  # inches: the height of a further line of a title
GLUE = "\u00a0=\u00a0"
BESIDE_TITLE = 0.8  # inches: numbers and name of the y axis, left of it


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes:
        name: of its file, without suffix.
        title: what it shows.
        alt: what a reader who cannot see it must know, with numbers.
        caption: how to read it.
    """

    name: str
    title: str
    figure: Figure
    alt: str
    caption: str

    def __post_init__(self) -> None:
        """Takes a dollar sign in a name for what it is."""
        for text in self.figure.findobj(Text):
            text.set_parse_math(False)


@dataclass(frozen=True)
class Label:
    """A name for what ends at (x, y), in data coordinates."""

    x: float
    y: float
    text: str
    colour: str


def grid(titles: Sequence[str], *, most_columns: int = 2, height: float = PANEL_HEIGHT) -> tuple[Figure, list[Axes]]:
    """A figure with one panel for each title, in rows."""
    n_columns = min(most_columns, len(titles))
    n_rows = -(-len(titles) // n_columns)
    width = WIDTH if n_columns > 1 else 0.66 * WIDTH
    titles = [_wrapped(title, width / n_columns) for title in titles]
    height += TITLE_LINE * max((title.count("\n") for title in titles), default=0)
    figure = Figure(figsize=(width, height * n_rows), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    panels = [figure.add_subplot(n_rows, n_columns, position + 1) for position in range(len(titles))]
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, fontsize=FONT_SIZE + 1, fontweight="bold", color=INK, loc="left")
        axes.tick_params(labelcolor=INK, color="0.7", labelsize=FONT_SIZE)
        axes.grid(axis="y", color="0.92")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color("0.7")
    return figure, panels


def _wrapped(title: str, width: float) -> str:
    """A title in lines that a panel has room for, whose share of the figure is so many inches wide."""
    letters = int((width - BESIDE_TITLE) / (0.62 * (FONT_SIZE + 1) / 72))
    whole = title.replace(" = ", GLUE)  # a key stays with its value
    lines = textwrap.fill(whole, letters, break_long_words=False, break_on_hyphens=False)
    return lines.replace(GLUE, " = ")


def name_axes(panels: Sequence[Axes], x: str, y: str) -> None:
    """Names the x axis of each panel and the y axis of those at the left edge."""
    for axes in panels:
        place = axes.get_subplotspec()
        axes.set_xlabel(x, color=INK, fontsize=FONT_SIZE)
        if place is None or place.is_first_col():
            axes.set_ylabel(y, color=INK, fontsize=FONT_SIZE)


def fit_beside(names: Sequence[str]) -> bool:
    """Whether names may stand at the right of a panel."""
    return len(names) <= MOST_LABELS and max(map(len, names), default=0) <= LONGEST_LABEL


def label_ends(axes: Axes, labels: Sequence[Label], *, lines: int = 1) -> None:
    """Writes names to the right of the panel, each as near to the height of its line as the others let it."""
    if not labels:
        return
    low, high = axes.get_ylim()
    labels = sorted(labels, key=lambda label: label.y)
    gap = (1.25 * lines + 0.1) * FONT_SIZE / 72 / _height(axes)
    steps = [gap * place for place in range(len(labels))]
    wished = [(label.y - low) / (high - low) - step for label, step in zip(labels, steps, strict=True)]
    heights = isotonic_regression(wished, y_min=0.0, y_max=max(0.0, 1 - steps[-1]))
    for label, height, step in zip(labels, heights, steps, strict=True):
        axes.annotate(
            label.text,
            xy=(label.x, label.y),
            xytext=(1.03, height + step),
            textcoords="axes fraction",
            va="center",
            fontsize=FONT_SIZE,
            color=for_letters(label.colour),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": label.colour, "linewidth": 0.6, "alpha": 0.5, "shrinkB": 4},
        )


def legend_below(figure: Figure, looks: Iterable[Style]) -> None:
    """A legend under the panels, in as many columns as the longest name leaves room for."""
    looks = list(looks)
    if not looks:
        return
    letter, rest = 0.6 * FONT_SIZE / 72, 4.5 * FONT_SIZE / 72  # inches: a letter's width; handle and gaps
    width = figure.get_figwidth() - 0.3
    names = list(shortened((look.name for look in looks), int((width - rest) / letter)).values())
    columns = min(len(looks), max(1, int(width / (max(map(len, names)) * letter + rest))))
    handles = [
        Line2D([], [], color=look.colour, linewidth=look.width, **look.mark() | {"linestyle": look.line})
        for look in looks
    ]
    figure.set_figheight(figure.get_figheight() + 0.2 * -(-len(looks) // columns) + 0.1)
    figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=FONT_SIZE)


def shortened(arms: Iterable[str], most: int) -> dict[str, str]:
    """How each arm is named in so many letters: its keys are shortened first, and its model never."""
    arms = list(dict.fromkeys(arms))
    short = with_short_keys(arms, most)
    return {arm: cut_after_model(name, most) for arm, name in zip(arms, short, strict=True)}


def _height(axes: Axes) -> float:
    """About how many inches a panel is high, without its title and the names of its axis."""
    place, figure = axes.get_subplotspec(), axes.get_figure(root=True)
    if place is None or figure is None:
        raise ValueError("a panel stands in a grid on a figure")
    further = TITLE_LINE * axes.get_title(loc="left").count("\n")
    return float(figure.get_figheight() / place.get_gridspec().nrows - 0.9 - further)
