"""Curves over the ratio: what is drawn is what the table says, and it looks like what it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from synthmix.plots.arms import styles
from synthmix.plots.study import difference_curves, ratio_curves

ROLES = {"duplicate": "placebo", "jitter": "control", "real": "oracle"}
ARMS = ("vae", "gan", "duplicate", "jitter", "real")


def rows(arms: tuple[str, ...] = ARMS, ratios: tuple[float, ...] = (0, 1, 4), base: float = 0.5) -> pd.DataFrame:
    """Arm number k has base + .1 k + .01 r, plus or minus .05; its difference is .1 k + .01 r, plus or minus .02."""
    table = [
        {
            "arm": arm,
            "role": ROLES.get(arm, "generator") if ratio else "baseline",
            "mix.ratio": float(ratio),
            "mean": base + effect,
            "low": base + effect - 0.05,
            "high": base + effect + 0.05,
            "difference": effect if ratio else np.nan,
            "difference_low": effect - 0.02 if ratio else np.nan,
            "difference_high": effect + 0.02 if ratio else np.nan,
            "p_adjusted": 0.01 if arm == "vae" and ratio == 4 else 0.5 if arm in ("vae", "gan") and ratio else np.nan,
        }
        for number, arm in enumerate(arms)
        for ratio in ratios
        for effect in [0.1 * number + 0.01 * ratio if ratio else 0.0]
    ]
    return pd.DataFrame(table)


def line_of(axes: Axes, heights: list[float]) -> list[float] | None:
    """The places of the line with these heights."""
    for line in axes.lines:
        if len(line.get_ydata()) == len(heights) and np.allclose(line.get_ydata(), heights):
            return list(np.asarray(line.get_xdata(), dtype=float))
    return None


def names_beside(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if isinstance(text, Annotation)]


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_long_title_is_broken_into_lines_that_its_panel_has_room_for() -> None:
    titles = [f"{name} on identity, task.labels = self_training" for name in ("knn", "logistic_regression")]
    figure = ratio_curves(dict.fromkeys(titles, rows()), "accuracy").figure
    figure.canvas = FigureCanvasAgg(figure)
    figure.canvas.draw()
    found = [axes.get_title(loc="left") for axes in figure.axes]
    assert found == [titles[0], "logistic_regression on identity,\ntask.labels = self_training"]
    width = figure.bbox.width
    for axes, edge in zip(figure.axes, (width / 2, width), strict=True):
        title = next(text for text in axes.findobj(Text) if text.get_text() == axes.get_title(loc="left"))
        assert title.get_window_extent().x1 < edge


def test_a_panel_for_each_block_and_a_line_for_each_arm_from_the_baseline_on() -> None:
    figure = ratio_curves({"gmm": rows(), "kmeans": rows(base=0.2)}, "ari").figure
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["gmm", "kmeans"]
    for axes, base in zip(figure.axes, (0.5, 0.2), strict=True):
        for number in range(len(ARMS)):
            assert line_of(axes, [base, base + 0.1 * number + 0.01, base + 0.1 * number + 0.04]) is not None
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "4"]


def test_differences_start_at_zero() -> None:
    (axes,) = difference_curves({"gmm": rows()}, "ari").figure.axes
    assert line_of(axes, [0.0, 0.01, 0.04]) is not None
    assert line_of(axes, [0.0, 0.11, 0.14]) is not None


def test_ratios_stand_by_their_logarithm() -> None:
    ratios = (0, 0.25, 1, 2)
    (axes,) = difference_curves({"gmm": rows(("vae",), ratios)}, "ari").figure.axes
    zero, quarter, one, two = axes.get_xticks()
    assert (one - quarter) == pytest.approx(2 * (two - one))
    assert zero < quarter


@pytest.mark.parametrize(("draw", "half"), [(ratio_curves, 0.05), (difference_curves, 0.02)])
def test_bands_of_generators_and_bars_of_controls_are_the_intervals(draw: object, half: float) -> None:
    (axes,) = draw({"gmm": rows(("vae", "duplicate"))}, "ari").figure.axes  # type: ignore[operator]
    start = 0.5 if draw is ratio_curves else 0.0
    (band,) = [found for found in axes.collections if isinstance(found, FillBetweenPolyCollection)]
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(start + 0.04 + half)
    (bars,) = [found for found in axes.collections if not isinstance(found, FillBetweenPolyCollection)]
    low, high = bars.get_segments()[-1][:, 1]
    assert (low, high) == pytest.approx((start + 0.14 - half, start + 0.14 + half))


def test_significant_marks_of_generators_are_filled_and_others_hollow() -> None:
    (axes,) = difference_curves({"gmm": rows(("vae",))}, "ari").figure.axes
    marks = {
        float(line.get_ydata()[0]): line.get_markerfacecolor() for line in axes.lines if len(line.get_xdata()) == 1
    }
    assert marks[0.01] == "white"
    assert marks[0.04] != "white"


def test_controls_have_no_colour_and_placebo_and_oracle_are_told_apart() -> None:
    figure = difference_curves({"gmm": rows()}, "ari").figure
    (axes,) = figure.axes
    looks = {}
    for arm, number in zip(ARMS, range(len(ARMS)), strict=True):
        heights = [0.0, 0.1 * number + 0.01, 0.1 * number + 0.04]
        looks[arm] = next(
            line for line in axes.lines if len(line.get_ydata()) == 3 and np.allclose(line.get_ydata(), heights)
        )
    grey = {arm: len({*line.get_color()}) == 1 or line.get_color().startswith("0.") for arm, line in looks.items()}
    assert grey == {"vae": False, "gan": False, "duplicate": True, "jitter": True, "real": True}
    assert str(styles(rows())["duplicate"].line) != str(styles(rows())["real"].line)
    assert looks["jitter"].get_linewidth() < looks["duplicate"].get_linewidth() < looks["vae"].get_linewidth()


def test_short_names_stand_beside_their_lines_and_apart() -> None:
    figure = difference_curves({"gmm": rows().assign(difference=lambda table: table["difference"] * 0)}, "ari").figure
    assert not figure.legends
    (axes,) = figure.axes
    assert sorted(names_beside(axes)) == ["duplicate (placebo)", "gan", "jitter", "real (oracle)", "vae"]
    figure.draw_without_rendering()
    places = sorted(text.get_position()[1] * axes.get_window_extent().height for text in axes.texts)
    assert min(np.diff(places)) > 0.9 * 9 / 72 * figure.dpi


def test_long_names_go_below_and_leave_the_panels_their_width() -> None:
    long = rows().replace({"arm": {"vae": "vae model.hidden=[128, 256, 512] model.steps=20000"}})
    figures = [difference_curves({"gmm": table, "kmeans": table}, "ari").figure for table in (rows(), long)]
    for figure in figures:
        figure.draw_without_rendering()
    assert legend_of(figures[1])[1] == "vae model.hidden=[128, 256, 512] model.steps=20000"
    assert names_beside(figures[1].axes[0]) == []
    assert figures[1].axes[0].get_position().width > figures[0].axes[0].get_position().width > 0.25


def test_a_name_is_no_formula() -> None:
    odd = rows().replace({"arm": {"vae": r"$\frac{1}$"}})
    difference_curves({r"gmm $\bad$": odd}, "ari").figure.draw_without_rendering()


def test_an_arm_without_a_score_in_one_panel_is_left_out_there() -> None:
    empty = rows().assign(difference=lambda table: table["difference"].where(table["arm"] != "vae"))
    first, second = difference_curves({"gmm": empty, "kmeans": rows()}, "ari").figure.axes
    assert "vae" not in names_beside(first)
    assert "vae" in names_beside(second)


def test_a_study_without_real_points_alone_can_be_drawn() -> None:
    ratio_curves({"gmm": rows().query("`mix.ratio` > 0")}, "ari").figure.draw_without_rendering()


def test_the_words_name_the_extremes() -> None:
    alt = difference_curves({"gmm": rows(), "kmeans": rows(("vae", "duplicate"))}, "ari").alt
    assert "Generator: from +0.010 (vae at ratio 1, gmm) to +0.140 (gan at ratio 4, gmm)." in alt
    assert "Placebo: from +0.110 (duplicate at ratio 1, kmeans) to +0.240 (duplicate at ratio 4, gmm)." in alt
